// SPDX-License-Identifier: Apache-2.0
// Webhooks of GitHub: HMAC-SHA256 over the body alone, in `X-Hub-Signature-256: sha256=<hex>`. Neither time nor delivery
// id is signed, so who ever saw a delivery can send it again under another id: a source that cannot bear that goes by
// `eventId: {bodyHash: true}`. The older SHA-1 header is not looked at.
import { createHmac, createSecretKey } from 'node:crypto';
import type { AuthOf } from '../manifest/auth.js';
import { anyFits, invalid, missing, type SignatureScheme } from './scheme.js';

const prefix = 'sha256=';

export const github: SignatureScheme<AuthOf<'github'>> = {
  shortestSecret: 16,
  secretOf: (_, text) => createSecretKey(Buffer.from(text, 'utf8')),
  check(_, { header, body }, secrets) {
    const signature = header('x-hub-signature-256');
    if (!signature) throw missing('x-hub-signature-256');
    const given = signature.startsWith(prefix) ? [Buffer.from(signature.slice(prefix.length), 'hex')] : [];
    if (!anyFits(given, secrets.map((secret) => createHmac('sha256', secret).update(body).digest()))) throw invalid('x-hub-signature-256 does not fit the body');
  },
  marks: (_, { header }) => ({ id: header('x-github-delivery'), type: header('x-github-event') }),
};
