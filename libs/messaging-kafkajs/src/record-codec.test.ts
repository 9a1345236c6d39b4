// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { crc32c } from './crc32c.js';
import { decodeHeadersOnce, decodeRecord } from './record-decoding.js';
import { encodeBatch, encodeRecordsOnce, type Encoded, type PlainBatch, type PlainRecord } from './record-encoding.js';
import { insideKafkaJs } from './version-guard.js';

interface OldDecoder {
  readonly buffer: Buffer;
  offset: number;
  readVarIntBytes(): Buffer;
}

// The modules of kafkajs as they are, taken before anything is replaced.
const { RecordBatch } = insideKafkaJs<{ RecordBatch: (batch: object) => Promise<Encoded> }>('protocol/recordBatch/v0/index.js', 'its test');
const oldRecord = insideKafkaJs<(record: PlainRecord) => object>('protocol/recordBatch/record/v0/index.js', 'its test');
const oldDecodeRecord = insideKafkaJs<(decoder: OldDecoder, context: object) => object>('protocol/recordBatch/record/v0/decoder.js', 'its test');
const OldDecoder = insideKafkaJs<new (buffer: Buffer) => OldDecoder>('protocol/decoder', 'its test');

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const headerName = fc.oneof(fc.constantFrom('ce_id', 'ce_type', 'nervus-signature', 'é', 'x'.repeat(300)), fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }).filter((name) => !(name in {})));
const record: fc.Arbitrary<PlainRecord> = fc.record({
  offsetDelta: fc.nat({ max: 2 ** 31 - 1 }),
  timestampDelta: fc.nat({ max: 2 ** 40 }),
  key: fc.option(bytes),
  value: fc.option(fc.oneof(bytes, fc.string())),
  headers: fc.dictionary(headerName, fc.oneof(bytes, fc.array(bytes, { minLength: 2, maxLength: 3 }))),
});
const batch: fc.Arbitrary<PlainBatch> = fc.record({
  firstTimestamp: fc.nat({ max: 2 ** 42 }),
  maxTimestamp: fc.nat({ max: 2 ** 42 }),
  producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }).map(String),
  producerEpoch: fc.nat({ max: 32_767 }),
  firstSequence: fc.nat({ max: 2 ** 31 - 1 }),
  lastOffsetDelta: fc.nat({ max: 1000 }),
  transactional: fc.boolean(),
  records: fc.array(record, { minLength: 1, maxLength: 8 }),
});
const encodedByKafkaJs = async (plain: PlainBatch): Promise<Buffer> => (await RecordBatch({ ...plain, records: plain.records.map((one) => oldRecord(one)) })).buffer;

describe('records as they are encoded', () => {
  it('are the bytes that kafkajs makes of them', async () => {
    await fc.assert(fc.asyncProperty(batch, async (plain) => {
      expect(encodeBatch(plain).buffer.toString('hex')).toBe((await encodedByKafkaJs(plain)).toString('hex'));
    }));
  });

  it('carry the checksum of the standard', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.from('..123456789'), 2)).toBe(0xe3069283);
  });
});

describe('records as they are decoded', () => {
  const context = { firstOffset: '9007199254740990', firstTimestamp: '1700000000000', maxTimestamp: '1700000000009', magicByte: 2, isControlBatch: false, timestampType: 1 };

  it('are what kafkajs reads in them, also twice the same name and offsets beyond 2^53', async () => {
    await fc.assert(
      fc.asyncProperty(record, fc.constantFrom(0, 1), async (one, timestampType) => {
        const encoded = await encodedByKafkaJs({ firstTimestamp: 0, maxTimestamp: 0, producerId: '-1', records: [one] });
        const alone = (): OldDecoder => new OldDecoder(Object.assign(new OldDecoder(encoded), { offset: 61 }).readVarIntBytes());
        const reading = { ...context, timestampType };
        expect(decodeRecord(alone(), reading)).toEqual(oldDecodeRecord(alone(), reading));
      }),
    );
  });

  it('have the headers that were sent, whatever they are called', () => {
    const encoded = encodeBatch({ firstTimestamp: 0, maxTimestamp: 0, producerId: '-1', records: [{ headers: { constructor: Buffer.from('c'), ['__proto__']: Buffer.from('p') } }] }).buffer;
    const { headers } = decodeRecord(new OldDecoder(Object.assign(new OldDecoder(encoded), { offset: 61 }).readVarIntBytes()), context) as { headers: object };
    expect(Object.entries(headers).map(([name, value]) => [name, String(value)])).toEqual([['constructor', 'c'], ['__proto__', 'p']]);
  });

  it('are refused when they end inside a number', () => {
    expect(() => decodeRecord({ buffer: Buffer.from([0, 0x80]), offset: 0 }, context)).toThrow(/damaged/);
  });
});

describe('a request of kafkajs', () => {
  beforeAll(() => {
    encodeRecordsOnce();
    decodeHeadersOnce();
  });

  it('holds batches that were encoded here, and compressed ones as before', async () => {
    type Request = (of: object) => { encode(): Promise<Encoded> };
    const request = insideKafkaJs<Request>('protocol/requests/produce/v3/request', 'its test');
    const message = { key: Buffer.from('k'), value: Buffer.from('v'.repeat(500)), headers: { ce_id: Buffer.from('1') }, timestamp: 1_700_000_000_000 };
    const encode = async (compression: number): Promise<Buffer> =>
      (await request({ acks: -1, timeout: 1, producerId: '7', producerEpoch: 1, compression, topicData: [{ topic: 't', partitions: [{ partition: 0, firstSequence: 3, messages: [message] }] }] }).encode()).buffer;
    const plain = { firstTimestamp: message.timestamp, maxTimestamp: message.timestamp, producerId: '7', producerEpoch: 1, firstSequence: 3, lastOffsetDelta: 0, records: [{ ...message, offsetDelta: 0, timestampDelta: 0 }] };
    expect((await encode(0)).includes(await encodedByKafkaJs(plain))).toBe(true);
    expect((await encode(1)).includes((await RecordBatch({ ...plain, compression: 1, records: plain.records.map((one) => oldRecord(one)) })).buffer)).toBe(true);
  });

  it('is decoded here', () => {
    expect(insideKafkaJs('protocol/recordBatch/record/v0/decoder.js', 'its test')).toBe(decodeRecord);
  });
});
