// SPDX-License-Identifier: Apache-2.0
// What a record's signature covers, to the byte (trust.md section 0). `str(x)` is the length of x in four bytes, big end
// first, and then its UTF-8; an absent string is 0xFFFFFFFF. The input is
//   str("nervus-record-v1") str(topic) str(key) u16(count) (str(name) str(value))* str(sequence) digest
// over the physical topic, all `ce_*` headers and `content-type` in byte order of their names, the header
// `nervus-sequence`, and SHA-256 of the value, or 0xFFFFFFFF for a tombstone.
import { isUtf8 } from 'node:buffer';
import { headerNames } from '@nervus/contracts';
import { hashLeaf } from '@nervus/transparency-log';
import { sha256 } from './digest.js';
import { VerificationError } from './errors.js';
import { parseSequence } from './sequence.js';

/** Headers as Kafka has them: a name may stand more than once. */
export type RecordHeaders = Readonly<Record<string, Buffer | readonly Buffer[]>>;

/** The bytes of a record that signing is about. */
export interface RecordBytes {
  /** Physical topic, with prefix. */
  readonly topic: string;
  readonly key: Buffer | null;
  /** Null for a tombstone. */
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
}

/** A record as it was read from Kafka. */
export interface ReadRecord extends RecordBytes {
  /** The broker's append time, milliseconds since the epoch. */
  readonly timestamp: number;
}

/** The covered parts of a record; equal parts make equal bytes. */
export interface SignedParts {
  readonly topic: string;
  readonly key: Buffer | null;
  /** Signed headers without the number, in byte order of their names. */
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
  readonly sequence: Buffer;
  /** SHA-256 of the value; null for a tombstone. */
  readonly valueDigest: Buffer | null;
}

const prefix = Buffer.from('nervus-record-v1');
const attribute = /^ce_[a-z0-9]+$/;
const maxHeaders = 0xffff;

/** Whether the signature covers a header of this name besides `nervus-sequence`. */
export const isSignedHeader = (name: string): boolean => name === 'content-type' || name.startsWith('ce_');

/**
 * What of the record the signature covers.
 * @throws VerificationError `record_malformed`: a signed header that stands twice, an attribute name that CloudEvents
 * does not allow, text that is not UTF-8, or no number
 */
export function signedParts(record: RecordBytes): SignedParts {
  const headers: (readonly [string, Buffer])[] = [];
  for (const name of Object.keys(record.headers)) {
    if (!isSignedHeader(name)) continue;
    if (name !== 'content-type' && !attribute.test(name)) throw malformed(`the header name "${name}" is no CloudEvents attribute: lower-case letters and digits only`);
    headers.push([name, textHeader(record.headers, name)]);
  }
  if (headers.length > maxHeaders) throw malformed(`the record has ${headers.length} signed headers, the limit is ${maxHeaders}`);
  // Names are ASCII here, so that the order of UTF-16 code units is the order of bytes.
  headers.sort(([a], [b]) => (a < b ? -1 : 1));
  if (record.key && !isUtf8(record.key)) throw malformed('the record key is not UTF-8');
  const sequence = textHeader(record.headers, headerNames.sequence);
  if (!parseSequence(sequence.toString('latin1'))) throw malformed(`the header ${headerNames.sequence} is no number of the form <epoch>.<n>`);
  return { topic: record.topic, key: record.key, headers, sequence, valueDigest: record.value === null ? null : sha256(record.value) };
}

/** The one value of a header, which must be UTF-8. @throws VerificationError `record_malformed` when it is absent, repeated or no text */
export function textHeader(headers: RecordHeaders, name: string): Buffer {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (value === undefined) throw malformed(`the header ${name} is missing`);
  const values = Buffer.isBuffer(value) ? [value] : value;
  const [only] = values;
  if (values.length !== 1 || !only) throw malformed(`the header ${name} stands ${values.length} times, expected once`);
  if (!Buffer.isBuffer(only) || !isUtf8(only)) throw malformed(`the header ${name} is not UTF-8`);
  return only;
}

const malformed = (message: string): VerificationError => new VerificationError('record_malformed', message);

/** The bytes that the signature covers. */
export function signatureInput(parts: SignedParts): Buffer {
  const topic = Buffer.from(parts.topic);
  const names = parts.headers.map(([name]) => Buffer.from(name));
  const lengths = parts.headers.reduce((sum, [name, value]) => sum + 8 + name.length + value.length, 0);
  const input = Buffer.allocUnsafe(4 + prefix.length + 4 + topic.length + 4 + (parts.key?.length ?? 0) + 2 + lengths + 4 + parts.sequence.length + (parts.valueDigest?.length ?? 4));
  let at = str(input, 0, prefix);
  at = str(input, at, topic);
  at = str(input, at, parts.key);
  at = input.writeUInt16BE(parts.headers.length, at);
  for (const [i, [, value]] of parts.headers.entries()) {
    at = str(input, at, names[i] ?? null);
    at = str(input, at, value);
  }
  at = str(input, at, parts.sequence);
  if (parts.valueDigest) parts.valueDigest.copy(input, at);
  else input.writeUInt32BE(0xffffffff, at);
  return input;
}

function str(input: Buffer, at: number, text: Buffer | null): number {
  if (text === null) return input.writeUInt32BE(0xffffffff, at);
  const start = input.writeUInt32BE(text.length, at);
  return start + text.copy(input, start);
}

/** The record's leaf in the tree of its batch: SHA-256(0x00 || input). Not the leaf that the log will hold: see log-entry.ts. */
export const batchLeaf = (parts: SignedParts): Uint8Array => hashLeaf(signatureInput(parts));
