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
 * Headers that records carry whatever their type: CloudEvents 1.0 in Kafka's binary mode, all of them signed, then number
 * and signature. `always`, or for records of a tenant, or where there is something to say.
 */
export const recordHeaders = {
  ce_id: { when: 'always', description: 'id of the event; the same event published again has the same id' },
  ce_source: { when: 'always', description: 'SPIFFE ID of the producer' },
  ce_type: { when: 'always', description: 'record type' },
  ce_specversion: { when: 'always', description: '`1.0`' },
  ce_time: { when: 'always', description: 'when the event was made, RFC 3339' },
  ce_dataschema: { when: 'always', description: '`urn:nervus:schema:<type>:<minor>`: the version that the value was written under' },
  'content-type': { when: 'always', description: '`application/json`' },
  ce_correlationid: { when: 'always', description: 'id of the first signal, shared by everything that came of it' },
  ce_hops: { when: 'always', description: `steps from that first signal; a record with more than ${maxHops} is refused` },
  ce_tenantid: { when: 'tenant', description: 'owner of the data, also the first part of the key' },
  ce_subject: { when: 'perhaps', description: 'what the event is about' },
  ce_causationid: { when: 'perhaps', description: 'id of the record that this one follows from' },
  ce_traceparent: { when: 'perhaps', description: 'W3C trace context at creation' },
  [headerNames.sequence]: { when: 'always', description: '`<epoch>.<n>`: number of the record among those of its producer process' },
  [headerNames.signature]: { when: 'always', description: 'detached compact JWS over the root of the batch that the record was sent with' },
  [headerNames.signaturePath]: { when: 'always', description: 'path from the record to that root, base64url' },
} as const;

/** Headers that a copy of a record adds; what it copies stays byte for byte. */
export const copyHeaders = {
  [headerNames.origin]: 'where the original stands: topic, partition, offset, append time',
  [headerNames.retry]: 'in retry topics: when it is handled again, and why not yet; not signed',
  [headerNames.dead]: 'in dead-letter topics: why the record was given up, and when; not signed',
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
