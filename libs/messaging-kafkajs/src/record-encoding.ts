// SPDX-License-Identifier: Apache-2.0
import { crc32c } from './crc32c.js';
import { sizeOfVarint, writeVarint } from './varint.js';
import { firstTime, insideKafkaJs, replaceInsideKafkaJs } from './version-guard.js';

type Bytes = Buffer | string | null | undefined;

/** What kafkajs knows of a record when it encodes it. */
export interface PlainRecord {
  readonly offsetDelta?: number;
  readonly timestampDelta?: number;
  readonly key?: Bytes;
  readonly value?: Bytes;
  readonly headers?: Readonly<Record<string, Bytes | readonly Bytes[]>>;
}

/** What kafkajs knows of the records of one partition in one request. */
export interface PlainBatch {
  readonly compression?: number;
  readonly firstOffset?: unknown;
  readonly firstTimestamp: number | string;
  readonly maxTimestamp: number | string;
  readonly partitionLeaderEpoch?: number;
  readonly lastOffsetDelta?: number;
  readonly transactional?: boolean;
  readonly producerId: unknown;
  readonly producerEpoch?: number;
  readonly firstSequence?: number;
  readonly records: readonly PlainRecord[];
}

/** As much of kafkajs's Encoder as its callers ask of an encoded batch. */
export interface Encoded {
  readonly buf: Buffer;
  readonly buffer: Buffer;
  size(): number;
}

type EncodeRecord = (record: PlainRecord) => unknown;
interface BatchModule {
  readonly RecordBatch: (batch: PlainBatch | (Omit<PlainBatch, 'records'> & { readonly records: readonly unknown[] })) => Promise<Encoded>;
  readonly MAGIC_BYTE: number;
}

/** Bytes of a batch before its first record, and where the checksum and what it covers begin. */
const headBytes = 61;
const [checksumAt, checkedFrom] = [17, 21];
const magic = 2;
const transactionalBit = 16;
/** First offset, and the length of what follows. */
const prefixBytes = 12;

/**
 * kafkajs 2.2.4 makes an Encoder, with 512 bytes set to zero, for every header of every record, copies a batch five times
 * and calculates its checksum byte by byte: with our fourteen headers that was a quarter of the CPU of a hop. Here a batch
 * is measured and then written once, to the same bytes. Compressed batches, which we do not send, take the old way.
 */
export function encodeRecordsOnce(): void {
  // Its producer loads the encoding with its first request, and takes what is here then.
  if (!firstTime(insideKafkaJs<object>('protocol/encoder', 'record-encoding.ts'), 'record-encoding')) return;
  const original: { record?: EncodeRecord } = {};
  replaceInsideKafkaJs<EncodeRecord>('protocol/recordBatch/record/v0/index.js', 'record-encoding.ts', (encode) => {
    original.record = encode;
    // Kept as it is: how it is written is known only with its batch.
    return (record) => record;
  });
  replaceInsideKafkaJs<BatchModule>('protocol/recordBatch/v0/index.js', 'record-encoding.ts', (module) => ({
    ...module,
    RecordBatch: (batch) => {
      const plain = batch as PlainBatch;
      if (plain.compression) return module.RecordBatch({ ...plain, records: plain.records.map((record) => original.record!(record)) });
      return Promise.resolve(encodeBatch(plain));
    },
  }));
}

/** A batch of magic 2, uncompressed (Kafka protocol guide, "Record Batch"). */
export function encodeBatch(batch: PlainBatch): Encoded {
  const records = batch.records.map(measured);
  const size = records.reduce((sum, { size: body }) => sum + sizeOfVarint(body) + body, headBytes);
  const buffer = Buffer.allocUnsafe(size);
  let at = buffer.writeBigInt64BE(big(batch.firstOffset ?? 0), 0);
  at = buffer.writeInt32BE(size - prefixBytes, at);
  at = buffer.writeInt32BE(batch.partitionLeaderEpoch ?? 0, at);
  at = buffer.writeInt8(magic, at) + 4;
  at = buffer.writeInt16BE(batch.transactional ? transactionalBit : 0, at);
  at = buffer.writeInt32BE(batch.lastOffsetDelta ?? 0, at);
  at = buffer.writeBigInt64BE(big(batch.firstTimestamp), at);
  at = buffer.writeBigInt64BE(big(batch.maxTimestamp), at);
  at = buffer.writeBigInt64BE(big(batch.producerId), at);
  at = buffer.writeInt16BE(batch.producerEpoch ?? 0, at);
  at = buffer.writeInt32BE(batch.firstSequence ?? 0, at);
  at = buffer.writeInt32BE(records.length, at);
  for (const record of records) at = writeRecord(buffer, at, record);
  buffer.writeUInt32BE(crc32c(buffer, checkedFrom), checksumAt);
  return { buf: buffer, buffer, size: () => size };
}

interface Measured {
  readonly size: number;
  readonly offsetDelta: number;
  readonly timestampDelta: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Each name, with its length before it, and then its value. */
  readonly headers: readonly (Buffer | null)[];
}

function measured({ offsetDelta = 0, timestampDelta = 0, key, value, headers = {} }: PlainRecord): Measured {
  const [keyBytes, valueBytes] = [bytesOf(key), bytesOf(value)];
  const parts: (Buffer | null)[] = [];
  let size = 1 + sizeOfVarint(timestampDelta) + sizeOfVarint(offsetDelta) + sizeOfBytes(keyBytes) + sizeOfBytes(valueBytes);
  for (const name in headers) {
    const given = headers[name];
    for (const one of Array.isArray(given) ? (given as readonly Bytes[]) : [given as Bytes]) {
      const [prefixed, content] = [prefixedName(name), bytesOf(one)];
      parts.push(prefixed, content);
      size += prefixed.length + sizeOfBytes(content);
    }
  }
  return { size: size + sizeOfVarint(parts.length / 2), offsetDelta, timestampDelta, key: keyBytes, value: valueBytes, headers: parts };
}

function writeRecord(to: Buffer, start: number, record: Measured): number {
  let at = writeVarint(to, start, record.size);
  to[at++] = 0;
  at = writeVarint(to, at, record.timestampDelta);
  at = writeVarint(to, at, record.offsetDelta);
  at = writeBytes(to, at, record.key);
  at = writeBytes(to, at, record.value);
  const { headers } = record;
  at = writeVarint(to, at, headers.length / 2);
  for (let part = 0; part < headers.length; part += 2) {
    at = copy(to, at, headers[part]!);
    at = writeBytes(to, at, headers[part + 1]!);
  }
  return at;
}

const sizeOfBytes = (bytes: Buffer | null): number => (bytes === null ? 1 : sizeOfVarint(bytes.length) + bytes.length);

const writeBytes = (to: Buffer, at: number, bytes: Buffer | null): number => (bytes === null ? writeVarint(to, at, -1) : copy(to, writeVarint(to, at, bytes.length), bytes));

/** Below this many bytes a loop is quicker than a call out of JavaScript. */
const short = 24;

function copy(to: Buffer, at: number, bytes: Buffer): number {
  if (bytes.length > short) to.set(bytes, at);
  else for (let n = 0; n < bytes.length; n++) to[at + n] = bytes[n]!;
  return at + bytes.length;
}

const prefixedNames = new Map<string, Buffer>();
const remembered = 1_000;

/** Header names come again and again. */
function prefixedName(name: string): Buffer {
  let prefixed = prefixedNames.get(name);
  if (!prefixed) {
    const bytes = Buffer.from(name);
    prefixed = Buffer.alloc(sizeOfVarint(bytes.length) + bytes.length);
    prefixed.set(bytes, writeVarint(prefixed, 0, bytes.length));
    if (prefixedNames.size < remembered) prefixedNames.set(name, prefixed);
  }
  return prefixed;
}

function bytesOf(value: Bytes): Buffer | null {
  if (value === null || value === undefined) return null;
  return Buffer.isBuffer(value) ? value : Buffer.from(value);
}

/** A number, a string, or kafkajs's Long, which is its own number as text. */
const big = (value: unknown): bigint => BigInt(String(value));
