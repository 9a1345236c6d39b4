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
  const headers = signedNames(record.headers).map((name) => [name, textHeader(record.headers, name)] as const);
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

/** Names of headers as they stood in a record, and those of them that are signed, in byte order. */
interface KnownNames {
  readonly all: readonly string[];
  readonly signed: readonly string[];
}

/** What records carry is nearly always the same few names in the same order: the ones seen last, newest first. */
const lately: KnownNames[] = [];
const latelyAtMost = 16;

function signedNames(headers: RecordHeaders): readonly string[] {
  const all = Object.keys(headers);
  const at = lately.findIndex((known) => known.all.length === all.length && known.all.every((name, n) => name === all[n]));
  const [known = { all, signed: sortedSignedNames(all) }] = at < 0 ? [] : lately.splice(at, 1);
  lately.unshift(known);
  if (lately.length > latelyAtMost) lately.pop();
  return known.signed;
}

function sortedSignedNames(all: readonly string[]): string[] {
  const signed = all.filter(isSignedHeader);
  const refused = signed.find((name) => name !== 'content-type' && !attribute.test(name));
  if (refused !== undefined) throw malformed(`the header name "${refused}" is no CloudEvents attribute: lower-case letters and digits only`);
  if (signed.length > maxHeaders) throw malformed(`the record has ${signed.length} signed headers, the limit is ${maxHeaders}`);
  // Names are ASCII here, so that the default order, that of UTF-16 code units, is the order of bytes.
  return signed.sort();
}

/** The bytes that the signature covers. */
export function signatureInput(parts: SignedParts): Buffer {
  const input = Buffer.allocUnsafe(inputLength(parts));
  writeInput(parts, input, 0);
  return input;
}

function inputLength({ topic, key, headers, sequence, valueDigest }: SignedParts): number {
  let length = 4 + prefix.length + 4 + Buffer.byteLength(topic) + 4 + (key?.length ?? 0) + 2 + 4 + sequence.length + (valueDigest?.length ?? 4);
  // Names are ASCII.
  for (const [name, value] of headers) length += 8 + name.length + value.length;
  return length;
}

function writeInput({ topic, key, headers, sequence, valueDigest }: SignedParts, input: Buffer, start: number): number {
  let at = writeBytes(input, start, prefix);
  at = input.writeUInt32BE(Buffer.byteLength(topic), at);
  at += input.write(topic, at);
  at = writeBytes(input, at, key);
  at = input.writeUInt16BE(headers.length, at);
  for (const [name, value] of headers) {
    at = input.writeUInt32BE(name.length, at);
    for (let n = 0; n < name.length; n++) input[at++] = name.charCodeAt(n);
    at = writeBytes(input, at, value);
  }
  at = writeBytes(input, at, sequence);
  if (!valueDigest) return input.writeUInt32BE(absent, at);
  input.set(valueDigest, at);
  return at + valueDigest.length;
}

const absent = 0xffffffff;

function writeBytes(input: Buffer, at: number, bytes: Buffer | null): number {
  if (bytes === null) return input.writeUInt32BE(absent, at);
  const start = input.writeUInt32BE(bytes.length, at);
  input.set(bytes, start);
  return start + bytes.length;
}

// Hashing is synchronous and copies out, so that one scratch buffer serves all records of ordinary size. Its first byte
// stays 0, which tells leaves from inner nodes (RFC 6962 section 2.1).
const scratch = Buffer.alloc(32 * 1024);
const leafPrefixBytes = 1;

/** The record's leaf in the tree of its batch: SHA-256(0x00 || input). Not the leaf that the log will hold: see log-entry.ts. */
export function batchLeaf(parts: SignedParts): Uint8Array {
  if (leafPrefixBytes + inputLength(parts) > scratch.length) return hashLeaf(signatureInput(parts));
  return sha256(scratch.subarray(0, writeInput(parts, scratch, leafPrefixBytes)));
}
