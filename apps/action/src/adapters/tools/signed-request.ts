// SPDX-License-Identifier: Apache-2.0
import { contentDigest, sign } from '@nervus/http-signatures';
import type { Es256Signer } from '@nervus/trust';

/** What a receiver asks for when it verifies (RFC 9421 section 2.3). */
export const signatureTag = 'nervus';

/**
 * The headers of a request with a signature (RFC 9421) by the workload key over method, URL and all of these headers;
 * content is covered by its digest (RFC 9530). Receivers find the key by its thumbprint among the keys that identity
 * publishes.
 * @param created seconds since 1970
 */
export function signedHeaders(request: { readonly method: string; readonly url: URL; readonly headers: Readonly<Record<string, string>>; readonly body?: Uint8Array }, key: Es256Signer, created: number): Record<string, string> {
  const { method, url, body } = request;
  const headers: Record<string, string> = { ...request.headers, ...(body && { 'content-digest': contentDigest(body) }) };
  const message = { method, origin: url.origin, target: url.pathname + url.search, headers: Object.entries(headers), ...(body && { body }) };
  const signature = sign(message, {
    key: { keyid: key.kid, algorithm: 'ecdsa-p256-sha256', sign: (base) => key.sign(base) },
    components: ['@method', '@target-uri', ...Object.keys(headers)],
    created,
    tag: signatureTag,
  });
  return { ...headers, ...signature };
}
