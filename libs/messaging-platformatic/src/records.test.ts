// SPDX-License-Identifier: Apache-2.0
import type { RecordsBatch } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { decoded } from './records.js';

type Header = [Buffer | null, Buffer | null];
const record = (offsetDelta: number, timestampDelta = 0, headers: Header[] = []) => ({ length: 0, attributes: 0, timestampDelta: BigInt(timestampDelta), offsetDelta, key: null, value: Buffer.from(String(offsetDelta)), headers });

const batch = (firstOffset: bigint, lastOffsetDelta: number, records: ReturnType<typeof record>[], attributes = 0): RecordsBatch => ({
  firstOffset, lastOffsetDelta, records, attributes, length: 0, partitionLeaderEpoch: 0, magic: 2, crc: 0, firstTimestamp: 1000n, maxTimestamp: 5000n, producerId: -1n, producerEpoch: -1, firstSequence: -1,
});

const offsets = (from: bigint, batches: RecordsBatch[]) => {
  const { records, next } = decoded('t', 0, from, batches);
  return { offsets: records.map(({ offset }) => offset), next };
};

describe('records of a fetch', () => {
  it('a batch that begins before where we read is not handed over twice', () => {
    expect(offsets(6n, [batch(5n, 2, [record(0), record(1), record(2)])])).toEqual({ offsets: [6n, 7n], next: 8n });
  });

  it('what compaction took out of the end of a batch is passed, or the same fetch would come for ever', () => {
    expect(offsets(5n, [batch(5n, 9, [record(0), record(3)])])).toEqual({ offsets: [5n, 8n], next: 15n });
    expect(offsets(5n, [batch(5n, 9, [])])).toEqual({ offsets: [], next: 15n });
  });

  it('marks of transactions are no records', () => {
    expect(offsets(5n, [batch(5n, 0, [record(0)], 0b10_0000), batch(6n, 0, [record(0)])])).toEqual({ offsets: [6n], next: 7n });
  });

  it("the time is the broker's where the topic says so, else the producer's", () => {
    const times = (attributes: number) => decoded('t', 0, 0n, [batch(0n, 1, [record(0, 1), record(1, 7)], attributes)]).records.map(({ timestamp }) => timestamp);
    expect(times(0b1000)).toEqual([5000, 5000]);
    expect(times(0)).toEqual([1001, 1007]);
  });

  it('a header name that stands several times keeps all its values, and a null value reads as empty', () => {
    const headers: Header[] = [[Buffer.from('a'), Buffer.from('1')], [Buffer.from('b'), null], [Buffer.from('a'), Buffer.from('2')], [Buffer.from('a'), Buffer.from('3')]];
    const [one] = decoded('t', 0, 0n, [batch(0n, 0, [record(0, 0, headers)])]).records;
    expect(one!.headers).toEqual({ a: [Buffer.from('1'), Buffer.from('2'), Buffer.from('3')], b: Buffer.alloc(0) });
  });
});
