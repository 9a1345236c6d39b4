// SPDX-License-Identifier: Apache-2.0
// One append in the journal: u32 length, u32 CRC-32 of what follows, u64 index of the first entry, u32 count, then for
// each u32 length and the entry, and at the end the payloads as in a payload bundle.
import { crc32 } from 'node:zlib';
import { decodePayloads, encodePayloads, type StoredPayload } from '@nervus/verifier';

/** One entry with what is kept beside it. */
export interface JournalRecord {
  readonly entry: Buffer;
  readonly payload: StoredPayload;
}

/** The entries of one append. */
export interface Frame {
  readonly first: number;
  readonly records: readonly JournalRecord[];
}

const headBytes = 8;

export function encodeFrame({ first, records }: Frame): Buffer {
  const payloads = encodePayloads(records.map(({ payload }) => payload));
  const body = Buffer.allocUnsafe(12 + records.reduce((length, { entry }) => length + 4 + entry.length, 0) + payloads.length);
  let at = body.writeBigUInt64BE(BigInt(first), 0);
  at = body.writeUInt32BE(records.length, at);
  for (const { entry } of records) {
    at = body.writeUInt32BE(entry.length, at);
    at += entry.copy(body, at);
  }
  payloads.copy(body, at);
  const head = Buffer.allocUnsafe(headBytes);
  head.writeUInt32BE(body.length, 0);
  head.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([head, body]);
}

/** The frames of a segment, up to the first that is torn or damaged: after it nothing was ever acknowledged. */
export function decodeFrames(segment: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + headBytes <= segment.length; ) {
    const length = segment.readUInt32BE(at);
    const body = segment.subarray(at + headBytes, at + headBytes + length);
    const frame = body.length === length && crc32(body) === segment.readUInt32BE(at + 4) ? decodeBody(body) : undefined;
    if (!frame) break;
    frames.push(frame);
    at += headBytes + length;
  }
  return frames;
}

function decodeBody(body: Buffer): Frame | undefined {
  if (body.length < 12) return undefined;
  const count = body.readUInt32BE(8);
  const entries: Buffer[] = [];
  let at = 12;
  for (let i = 0; i < count; i++) {
    const length = at + 4 <= body.length ? body.readUInt32BE(at) : Infinity;
    if (at + 4 + length > body.length) return undefined;
    entries.push(body.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  const payloads = decodePayloads(body.subarray(at), count);
  return payloads && { first: Number(body.readBigUInt64BE(0)), records: entries.flatMap((entry, i) => (payloads[i] ? [{ entry, payload: payloads[i] }] : [])) };
}
