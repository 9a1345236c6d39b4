// SPDX-License-Identifier: Apache-2.0
// The values of records beside the log: one file for each entry bundle, in its order. It begins with u16 length and a note
// signed by the log (c2sp.org/signed-note) about where and when each record was read; then for each record
//   u32 partition, u64 offset, u64 append time in milliseconds, u32 length, value
// big end first; the length 0xFFFFFFFF stands for a tombstone, 0xFFFFFFFE for a value that is not kept. The log commits
// to the values by their digests, so that a value may be erased and everything still verifies.
import { bundlePath } from '@nervus/transparency-log';
import { sha256 } from '@nervus/trust';

/** What is kept of a record beside its entry. */
export interface StoredPayload {
  readonly partition: number;
  readonly offset: bigint;
  /** The broker's append time, milliseconds since the epoch. */
  readonly appendedAt: number;
  /** Null for a tombstone, undefined when the value is not kept. */
  readonly value: Buffer | null | undefined;
}

/** The file of one bundle. */
export interface PayloadBundle {
  /** Signed note over {@link coordinatesText}; not verified by decoding. */
  readonly note: string;
  readonly payloads: readonly StoredPayload[];
}

const headBytes = 24;
const coordinateBytes = 20;
const tombstone = 0xffffffff;
const notKept = 0xfffffffe;

/** `payload/<index>[.p/<width>]`, spelled as the path of the entry bundle is. */
export const payloadPath = (index: number, width: number): string => bundlePath(index, width).replace(/^tile\/entries\//, 'payload/');

/**
 * What the log signs about the payloads of a bundle: three lines, the origin, which bundle with how many entries, and
 * base64(SHA-256) over partition, offset and append time of each record as they stand in the file.
 */
export function coordinatesText(origin: string, bundle: number, payloads: readonly StoredPayload[]): string {
  const coordinates = Buffer.allocUnsafe(payloads.length * coordinateBytes);
  let at = 0;
  for (const payload of payloads) at = writeCoordinates(coordinates, at, payload);
  return `${origin}\npayload ${bundle} ${payloads.length}\n${sha256(coordinates).toString('base64')}\n`;
}

function writeCoordinates(bytes: Buffer, start: number, { partition, offset, appendedAt }: StoredPayload): number {
  const at = bytes.writeBigUInt64BE(offset, bytes.writeUInt32BE(partition, start));
  return bytes.writeBigUInt64BE(BigInt(appendedAt), at);
}

/** The bytes of a payload bundle. */
export function encodePayloadBundle({ note, payloads }: PayloadBundle): Buffer {
  const text = Buffer.from(note);
  const length = Buffer.allocUnsafe(2);
  length.writeUInt16BE(text.length);
  return Buffer.concat([length, text, encodePayloads(payloads)]);
}

/** A payload bundle, values as views into its bytes; undefined unless it holds exactly `width` records and nothing else. */
export function decodePayloadBundle(bytes: Buffer, width: number): PayloadBundle | undefined {
  const end = bytes.length < 2 ? Infinity : 2 + bytes.readUInt16BE(0);
  const payloads = end <= bytes.length ? decodePayloads(bytes.subarray(end), width) : undefined;
  return payloads && { note: bytes.toString('utf8', 2, end), payloads };
}

/** Payloads one after the other. */
export function encodePayloads(payloads: readonly StoredPayload[]): Buffer {
  const bytes = Buffer.allocUnsafe(payloads.reduce((length, { value }) => length + headBytes + (value?.length ?? 0), 0));
  let at = 0;
  for (const payload of payloads) {
    const { value } = payload;
    at = writeCoordinates(bytes, at, payload);
    at = bytes.writeUInt32BE(value === null ? tombstone : (value?.length ?? notKept), at);
    if (value) at += value.copy(bytes, at);
  }
  return bytes;
}

/** Payloads that stand one after the other, values as views into the bytes; undefined unless it holds exactly `width` and nothing else. */
export function decodePayloads(bytes: Buffer, width: number): StoredPayload[] | undefined {
  const payloads: StoredPayload[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + headBytes > bytes.length) return undefined;
    const length = bytes.readUInt32BE(at + 20);
    const end = at + headBytes + (length >= notKept ? 0 : length);
    const appendedAt = Number(bytes.readBigUInt64BE(at + 12));
    if (end > bytes.length || !Number.isSafeInteger(appendedAt)) return undefined;
    const value = length === tombstone ? null : length === notKept ? undefined : bytes.subarray(at + headBytes, end);
    payloads.push({ partition: bytes.readUInt32BE(at), offset: bytes.readBigUInt64BE(at + 4), appendedAt, value });
    at = end;
  }
  return payloads.length === width ? payloads : undefined;
}
