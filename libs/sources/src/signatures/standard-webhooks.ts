// SPDX-License-Identifier: Apache-2.0
// Standard Webhooks 1.0 (symmetric signatures): HMAC-SHA256 over `id.timestamp.body`, header `v1,<base64>`, several
// entries separated by spaces while a secret rotates.
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { Refusal } from '../refusal.js';

/** How far a timestamp may lie from now, in seconds, both ways. */
export const toleranceSeconds = 300;

/** The three headers, as received; undefined where absent. */
export interface WebhookHeaders {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

/**
 * Checks a webhook against the live secrets of its source.
 * @param secrets keys, one or (while rotating) two
 * @param nowMs milliseconds since the epoch
 * @returns the message id, which is what deduplication goes by
 * @throws Refusal 401 `signature_missing`, `timestamp_invalid`, `timestamp_outside_window`, `signature_invalid`
 */
export function verifyStandardWebhook(headers: WebhookHeaders, body: Buffer, secrets: readonly KeyObject[], nowMs: number): string {
  const { id, timestamp, signature } = headers;
  if (!id || !timestamp || !signature) throw new Refusal(401, 'signature_missing', 'The headers webhook-id, webhook-timestamp and webhook-signature are required.');
  if (!/^\d{1,12}$/.test(timestamp)) throw new Refusal(401, 'timestamp_invalid', 'webhook-timestamp must be whole seconds since the epoch.');
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > toleranceSeconds) {
    throw new Refusal(401, 'timestamp_outside_window', `webhook-timestamp lies more than ${toleranceSeconds} s from now: check the sender's clock, and sign again when sending again.`);
  }
  const given = signature.split(' ').filter((entry) => entry.startsWith('v1,')).map((entry) => Buffer.from(entry.slice(3), 'base64'));
  const expected = secrets.map((secret) => createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest());
  // Every pair is compared, so that the time taken does not tell which secret or entry fitted.
  let fits = false;
  for (const wanted of expected) for (const entry of given.slice(0, 8)) fits = (entry.length === wanted.length && timingSafeEqual(entry, wanted)) || fits;
  if (!fits) throw new Refusal(401, 'signature_invalid', 'No v1 signature in webhook-signature fits id, timestamp and body under a live secret of this source.');
  return id;
}

/**
 * A secret as Standard Webhooks writes it: `whsec_` and base64, or the bytes of any other text. As a key object it costs
 * a fifth of the time at each use, and is never printed by mistake.
 */
export function parseSecret(text: string): KeyObject {
  const trimmed = text.trim();
  return createSecretKey(trimmed.startsWith('whsec_') ? Buffer.from(trimmed.slice('whsec_'.length), 'base64') : Buffer.from(trimmed, 'utf8'));
}
