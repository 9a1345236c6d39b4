// SPDX-License-Identifier: Apache-2.0
// The values of records beside the log: one file for each entry bundle, in its order. Each record is
//   u32 partition, u64 offset, u64 append time in milliseconds, u32 length, value
// big end first; the length 0xFFFFFFFF stands for a tombstone, 0xFFFFFFFE for a value that is not kept. The log commits
// to the values by their digests; where and when a record was read is the word of whoever kept the log.
import { bundlePath } from '@nervus/transparency-log';

/** What is kept of a record beside its entry. */
export interface StoredPayload {
  readonly partition: number;
  readonly offset: bigint;
  /** The broker's append time, milliseconds since the epoch. */
  readonly appendedAt: number;
  /** Null for a tombstone, undefined when the value is not kept. */
  readonly value: Buffer | null | undefined;
}

const headBytes = 24;
const tombstone = 0xffffffff;
const notKept = 0xfffffffe;

/** `payload/<index>[.p/<width>]`, spelled as the path of the entry bundle is. */
export const payloadPath = (index: number, width: number): string => bundlePath(index, width).replace(/^tile\/entries\//, 'payload/');

/** The bytes of a payload bundle. */
export function encodePayloads(payloads: readonly StoredPayload[]): Buffer {
  const bytes = Buffer.allocUnsafe(payloads.reduce((length, { value }) => length + headBytes + (value?.length ?? 0), 0));
  let at = 0;
  for (const { partition, offset, appendedAt, value } of payloads) {
    at = bytes.writeUInt32BE(partition, at);
    at = bytes.writeBigUInt64BE(offset, at);
    at = bytes.writeBigUInt64BE(BigInt(appendedAt), at);
    at = bytes.writeUInt32BE(value === null ? tombstone : (value?.length ?? notKept), at);
    if (value) at += value.copy(bytes, at);
  }
  return bytes;
}

/** The payloads of a bundle, values as views into its bytes; undefined unless it holds exactly `width` and nothing else. */
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
