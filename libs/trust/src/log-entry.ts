// SPDX-License-Identifier: Apache-2.0
// What the log holds of a record: JCS of {v, topic, key, headers, valueDigest, signature, signaturePath}, a function of
// the record's bytes alone. Key and header values stand as text; a record whose key or signed header is not UTF-8 is no
// valid record and has no entry. UTF-8 and text map one to one, so that the signature can be checked from the entry.
import type { KeyObject } from 'node:crypto';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { headerNames, Sha256 } from '@nervus/contracts';
import { hashLeaf, maxEntryBytes } from '@nervus/transparency-log';
import { base64url, decodeBase64url } from './base64url.js';
import { canonicalize } from './canonical-json.js';
import { sha256 } from './digest.js';
import { VerificationError } from './errors.js';
import { isSignedHeader, type RecordBytes, signedParts, type SignedParts } from './record-input.js';
import { readClaim, signatureTexts, VerifiedRoots } from './record-signature.js';
import { parseJsonObject } from './strict-jws.js';

export interface LogEntry {
  readonly v: 1;
  /** Physical topic. */
  readonly topic: string;
  readonly key: string | null;
  /** All `ce_*`, `content-type` and `nervus-sequence`. */
  readonly headers: Readonly<Record<string, string>>;
  /** base64url(SHA-256) of the value; null for a tombstone. */
  readonly valueDigest: string | null;
  readonly signature: string;
  readonly signaturePath: string;
}

const logEntry = Compile(
  Type.Object(
    {
      v: Type.Literal(1),
      topic: Type.String(),
      key: Type.Union([Type.String(), Type.Null()]),
      headers: Type.Record(Type.String(), Type.String()),
      valueDigest: Type.Union([Sha256, Type.Null()]),
      signature: Type.String(),
      signaturePath: Type.String(),
    },
    { additionalProperties: false },
  ),
);

/** The entry of a record. Of a copy, give the original's topic. @throws VerificationError `record_malformed` */
export function entryOf(record: RecordBytes): LogEntry {
  const { topic, key, headers, sequence, valueDigest } = signedParts(record);
  return {
    v: 1,
    topic,
    key: key && key.toString('utf8'),
    headers: Object.fromEntries([...headers.map(([name, value]) => [name, value.toString('utf8')] as const), [headerNames.sequence, sequence.toString('utf8')]]),
    valueDigest: valueDigest && base64url(valueDigest),
    ...signatureTexts(record),
  };
}

/** The bytes that the log holds. @throws VerificationError `too_large` above 65535, the longest entry of a bundle */
export function entryBytes(entry: LogEntry): Buffer {
  const bytes = Buffer.from(canonicalize(entry));
  if (bytes.length > maxEntryBytes) throw new VerificationError('too_large', `the log entry has ${bytes.length} bytes, the limit is ${maxEntryBytes}: make key and headers shorter`, { bytes: bytes.length });
  return bytes;
}

/** The leaf hash of an entry in the log (RFC 6962), 32 bytes: what `ce_decisionleaf` and `ce_intentleaf` name in base64url. */
export const leafHashOf = (entry: LogEntry): Uint8Array => hashLeaf(entryBytes(entry));

/** base64url of the leaf hash that the log will hold for a record, as other records name it. */
export const leafOf = (record: RecordBytes): string => base64url(leafHashOf(entryOf(record)));

/** Reads the bytes of an entry; only the canonical form is one. @throws VerificationError `malformed` */
export function parseEntry(bytes: Uint8Array): LogEntry {
  const entry = parseJsonObject(bytes, 'log entry');
  if (!logEntry.Check(entry)) throw new VerificationError('malformed', 'the log entry does not have the form of version 1');
  if (!Buffer.from(canonicalize(entry)).equals(bytes)) throw new VerificationError('malformed', 'the log entry is not in its canonical form');
  return entry;
}

/**
 * Checks the producer's signature from the entry alone. Whether the key might sign at that time is for the caller, who
 * has the key history (WorkloadDirectory.judge).
 * @throws VerificationError `record_malformed`, `malformed`, `header_refused`, `unknown_key`, `signature_invalid`
 */
export function verifyEntry(entry: LogEntry, keyOf: (kid: string) => KeyObject | undefined, roots = new VerifiedRoots(1)): { readonly kid: string } {
  const claim = readClaim(partsOf(entry), entry, roots);
  const key = keyOf(claim.kid);
  if (!key) throw new VerificationError('unknown_key', `the key history does not hold ${claim.kid}`, { kid: claim.kid });
  if (!claim.isProvedBy(key)) throw new VerificationError('signature_invalid', `the entry is not signed by ${claim.kid}`, { kid: claim.kid });
  return { kid: claim.kid };
}

/**
 * The record of an entry and its value, so that it can be taken in as if it were read from Kafka.
 * @throws VerificationError `malformed` when the value is not the one that the entry names
 */
export function recordOf(entry: LogEntry, value: Buffer | null): RecordBytes {
  if ((value && base64url(sha256(value))) !== entry.valueDigest) throw new VerificationError('malformed', 'the value is not the one whose digest the entry names');
  const headers = { ...entry.headers, [headerNames.signature]: entry.signature, [headerNames.signaturePath]: entry.signaturePath };
  return { topic: entry.topic, key: keyBytes(entry), value, headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])) };
}

function partsOf(entry: LogEntry): SignedParts {
  const unsigned = Object.keys(entry.headers).find((name) => name !== headerNames.sequence && !isSignedHeader(name));
  if (unsigned !== undefined) throw new VerificationError('record_malformed', `the entry holds the header "${unsigned}", which no signature covers`);
  const headers = Object.fromEntries(Object.entries(entry.headers).map(([name, text]) => [name, Buffer.from(text)]));
  const parts = signedParts({ topic: entry.topic, key: keyBytes(entry), value: null, headers });
  return { ...parts, valueDigest: entry.valueDigest === null ? null : decodeBase64url(entry.valueDigest, 'value digest', 32) };
}

const keyBytes = (entry: LogEntry): Buffer | null => (entry.key === null ? null : Buffer.from(entry.key));
