// SPDX-License-Identifier: Apache-2.0
// Content-Digest: RFC 9530, over the raw bytes of the content.
import { createHash, timingSafeEqual } from 'node:crypto';
import { SignatureError } from './errors.js';
import { fieldLines } from './message.js';
import type { HeaderLines } from './message.js';
import { isInnerList, strictDictionary } from './structured-fields.js';

/** The digests that count; the others of the registry are broken or checksums. */
export type DigestAlgorithm = 'sha-256' | 'sha-512';
const hashes: Readonly<Record<DigestAlgorithm, string>> = { 'sha-256': 'sha256', 'sha-512': 'sha512' };

/** The value of a Content-Digest header for this content. */
export function contentDigest(body: Uint8Array, algorithms: readonly DigestAlgorithm[] = ['sha-256']): string {
  return algorithms.map((algorithm) => `${algorithm}=:${digest(algorithm, body).toString('base64')}:`).join(', ');
}

/**
 * Checks the Content-Digest of a message. Every digest known here must fit, and at least one must be known.
 * @throws SignatureError `digest_missing`, `digest_malformed` or `digest_mismatch`
 */
export function checkContentDigest(headers: HeaderLines, body: Uint8Array): void {
  const lines = fieldLines(headers, 'content-digest');
  if (lines.length === 0) throw new SignatureError('digest_missing', 'the message has content but no Content-Digest: send sha-256 or sha-512 and cover it');
  const dictionary = strictDictionary(lines.join(', '));
  if (!dictionary) throw new SignatureError('digest_malformed', 'Content-Digest is not a dictionary of digests, or repeats one');
  let known = 0;
  for (const algorithm of ['sha-256', 'sha-512'] as const) {
    const member = dictionary.get(algorithm);
    if (!member) continue;
    const value = isInnerList(member) ? undefined : member[0];
    if (!(value instanceof ArrayBuffer)) throw new SignatureError('digest_malformed', `the ${algorithm} of Content-Digest is not a byte sequence`);
    const expected = digest(algorithm, body);
    if (value.byteLength !== expected.length || !timingSafeEqual(new Uint8Array(value), expected)) throw new SignatureError('digest_mismatch', `the content does not have the ${algorithm} that Content-Digest says`, { algorithm });
    known++;
  }
  if (known === 0) throw new SignatureError('digest_missing', 'Content-Digest holds neither sha-256 nor sha-512', { algorithms: [...dictionary.keys()] });
}

function digest(algorithm: DigestAlgorithm, body: Uint8Array): Buffer {
  return createHash(hashes[algorithm]).update(body).digest();
}
