// SPDX-License-Identifier: Apache-2.0
// Standard Webhooks 1.0 (symmetric signatures): HMAC-SHA256 over `id.timestamp.body`, header `v1,<base64>`, several
// entries separated by spaces while a secret rotates.
import type { AuthOf } from '../manifest/auth.js';
import { anyFits, checkTimestamp, invalid, keyIn, macsOf, missing, type SignatureScheme, textIn, timeOfSeconds } from './scheme.js';

export const standardWebhooks: SignatureScheme<AuthOf<'standard-webhooks'>> = {
  // The least that Standard Webhooks lets a secret have.
  shortestSecret: 24,

  /**
   * `whsec_` and base64, or the bytes of any other text. As a key object it costs a fifth of the time at each use, and is
   * never printed by mistake.
   */
  secretOf: (_, text) => (text.startsWith('whsec_') ? keyIn(text.slice('whsec_'.length), 'base64') : keyIn(text)),

  check(_, { header, body }, secrets, nowMs) {
    const [id, timestamp, signature] = [header('webhook-id'), header('webhook-timestamp'), header('webhook-signature')];
    if (!id || !timestamp || !signature) throw missing('webhook-id', 'webhook-timestamp', 'webhook-signature');
    checkTimestamp('webhook-timestamp', timestamp, nowMs);
    const given = signature.split(' ').filter((entry) => entry.startsWith('v1,')).map((entry) => Buffer.from(entry.slice(3), 'base64'));
    if (!anyFits(given, macsOf(secrets, `${id}.${timestamp}.`, body))) throw invalid('No v1 signature in webhook-signature fits id, timestamp and body');
  },

  marks: (_, { header }, content) => ({ id: header('webhook-id'), type: textIn(content, 'type'), time: textIn(content, 'timestamp') ?? timeOfSeconds(header('webhook-timestamp')) }),
};
