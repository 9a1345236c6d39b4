// SPDX-License-Identifier: Apache-2.0

/** Largest JSON value of an inner record, in bytes; checked before a record is numbered or signed. */
export const maxValueBytes = 512 * 1024;

/** A record that has come further than this from its first signal is refused. */
export const maxHops = 16;

/** Headers that carry a record's number and signature, and those that a copy in a retry or dead-letter topic adds. */
export const headerNames = {
  sequence: 'nervus-sequence',
  signature: 'nervus-signature',
  signaturePath: 'nervus-signature-path',
  origin: 'nervus-origin',
  retry: 'nervus-retry',
  dead: 'nervus-dead',
  traceparent: 'traceparent',
} as const;

/**
 * What the audit rules need to judge a record without its value: signed headers that its producer sets
 * (CloudEvents extension attributes, so lower-case letters and digits only). Never parameters, never free text.
 */
export const signedExtensions = {
  actiondigest: 'base64url(SHA-256) of the exact action in JCS form (RFC 8785)',
  tier: 'tier of the action, 0 to 3',
  permit: 'the permit, a compact JWS',
  decisionleaf: 'base64url leaf hash of the decision record that permitted the action',
  intentleaf: 'base64url leaf hash of the intent record that preceded the effect',
  persons: 'JSON: HMACs, under a salt of the request, of who approved and of requester, owner and editors',
  stop: 'scope and epoch of a stop, `<epoch>:<active|lifted>:<scope>`',
  result: 'succeeded, failed or unknown',
} as const;

/** Name of a signed extension, without the `ce_` of its Kafka header. */
export type SignedExtension = keyof typeof signedExtensions;
