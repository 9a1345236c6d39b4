// SPDX-License-Identifier: Apache-2.0
// Webhooks of GitHub: HMAC-SHA256 over the body alone, in `X-Hub-Signature-256: sha256=<hex>`. Neither time nor delivery
// id is signed, so who ever saw a delivery can send it again under another id: a source that cannot bear that goes by
// `eventId: {bodyHash: true}`. The older SHA-1 header is not looked at.
import type { AuthOf } from '../manifest/auth.js';
import { anyFits, behind, invalid, keyIn, macsOf, missing, type SignatureScheme } from './scheme.js';

export const github: SignatureScheme<AuthOf<'github'>> = {
  shortestSecret: 16,
  secretOf: (_, text) => keyIn(text),
  check(_, { header, body }, secrets) {
    const signature = header('x-hub-signature-256');
    if (!signature) throw missing('x-hub-signature-256');
    if (!anyFits(behind('sha256=', signature, 'hex'), macsOf(secrets, '', body))) throw invalid('x-hub-signature-256 does not fit the body');
  },
  marks: (_, { header }) => ({ id: header('x-github-delivery'), type: header('x-github-event') }),
};
