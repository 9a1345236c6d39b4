// SPDX-License-Identifier: Apache-2.0
import { firstTime, insideKafkaJs, replaceInsideKafkaJs } from './version-guard.js';

interface Decoder {
  readonly buffer: Buffer;
  offset: number;
}

/** What all records of a batch share. Offsets and times are decimal text. */
export interface BatchContext {
  readonly firstOffset: string;
  readonly firstTimestamp: string;
  readonly magicByte: number;
  readonly isControlBatch?: boolean;
  readonly timestampType: number;
  readonly maxTimestamp: string;
}

type DecodeRecord = (decoder: Decoder, context: BatchContext) => object;
type Header = Buffer | null;

const logAppendTime = 1;

/**
 * kafkajs 2.2.4 copies all headers of a record read so far for each further one, and makes its names anew every time.
 * Here they are put into one object, under names that are known already.
 */
export function decodeHeadersOnce(): void {
  // Its consumer loads the decoding with its first fetch, and takes what is here then.
  if (!firstTime(insideKafkaJs<object>('protocol/decoder', 'record-decoding.ts'), 'record-decoding')) return;
  replaceInsideKafkaJs<DecodeRecord>('protocol/recordBatch/record/v0/decoder.js', 'record-decoding.ts', () => decodeRecord);
}

/** One record of magic 2; the decoder holds it alone (Kafka protocol guide, "Record"). */
export function decodeRecord(decoder: Decoder, context: BatchContext): object {
  const reader = new Reader(decoder.buffer, decoder.offset);
  const attributes = reader.int8();
  const timestampDelta = reader.varint();
  const offsetDelta = reader.varint();
  const key = reader.bytes();
  const value = reader.bytes();
  const headers = reader.headers();
  return {
    magicByte: context.magicByte,
    attributes,
    timestamp: context.timestampType === logAppendTime && context.maxTimestamp ? context.maxTimestamp : plus(context.firstTimestamp, timestampDelta),
    offset: plus(context.firstOffset, offsetDelta),
    key,
    value,
    headers,
    isControlRecord: context.isControlBatch ?? false,
    batchContext: context,
  };
}

function plus(decimal: string, delta: number): string {
  const sum = Number(decimal) + delta;
  return Number.isSafeInteger(sum) ? String(sum) : String(BigInt(decimal) + BigInt(delta));
}

class Reader {
  constructor(
    private readonly buffer: Buffer,
    private at: number,
  ) {}

  int8(): number {
    return this.buffer.readInt8(this.at++);
  }

  varint(): number {
    let [value, weight] = [0, 1];
    for (;;) {
      const byte = this.buffer[this.at++];
      if (byte === undefined) throw new RangeError('a record ends inside a number: the batch is damaged');
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) break;
      weight *= 0x80;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Stands in the fetched buffer, without copying. */
  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const from = this.at;
    this.at += length;
    return this.buffer.subarray(from, this.at);
  }

  /** A name that stands more than once has a list of values. */
  headers(): Record<string, Header | Header[]> {
    const headers: Record<string, Header | Header[]> = {};
    for (let left = this.varint(); left > 0; left--) {
      const name = this.name();
      const value = this.bytes();
      const before = Object.hasOwn(headers, name) ? headers[name]! : undefined;
      if (before !== undefined) headers[name] = Array.isArray(before) ? [...before, value] : [before, value];
      // Plain assignment of this one name would set the prototype instead.
      else if (name === '__proto__') Object.defineProperty(headers, name, { value, writable: true, enumerable: true, configurable: true });
      else headers[name] = value;
    }
    return headers;
  }

  private name(): string {
    const length = this.varint();
    const from = this.at;
    this.at += length;
    return nameAt(this.buffer, from, this.at);
  }
}

interface KnownName {
  readonly bytes: Buffer;
  readonly name: string;
}

const knownNames = new Map<number, KnownName>();
const remembered = 1_000;
const longestRemembered = 100;

/** Header names come again and again: one that is known is neither decoded nor made anew. */
function nameAt(buffer: Buffer, from: number, to: number): string {
  let hash = to - from;
  for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + buffer[at]!) | 0;
  const known = knownNames.get(hash);
  if (known && stands(known.bytes, buffer, from, to)) return known.name;
  const bytes = Buffer.from(buffer.subarray(from, to));
  const name = bytes.toString('utf8');
  if (!known && bytes.length <= longestRemembered && knownNames.size < remembered) knownNames.set(hash, { bytes, name });
  return name;
}

function stands(bytes: Buffer, buffer: Buffer, from: number, to: number): boolean {
  if (bytes.length !== to - from) return false;
  for (let n = 0; n < bytes.length; n++) if (bytes[n] !== buffer[from + n]) return false;
  return true;
}
