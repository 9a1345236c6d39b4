// SPDX-License-Identifier: Apache-2.0
import type { InboundRecord, RecordHeaders } from '@nervus/messaging';
import type { KafkaRecord, RecordsBatch } from '@platformatic/kafka';

const nothing = Buffer.alloc(0);
/** Bits of a batch's attributes: its time is the broker's append time; it holds marks of transactions and no records. */
const logAppendTime = 0b1000;
const control = 0b10_0000;

/** What came of one partition with one fetch. */
export interface Decoded {
  readonly records: readonly InboundRecord[];
  /** Where to go on: behind what came, also where compaction or a transaction left nothing to hand over. */
  readonly next: bigint;
}

/** The records from `from` on: a broker sends whole batches, so what stands before it may come again. */
export function decoded(topic: string, partition: number, from: bigint, batches: readonly RecordsBatch[]): Decoded {
  const records: InboundRecord[] = [];
  let next = from;
  for (const batch of batches) {
    const { firstOffset, attributes } = batch;
    const end = firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
    if (end > next) next = end;
    if ((attributes & control) !== 0) continue;
    const appended = (attributes & logAppendTime) !== 0 ? Number(batch.maxTimestamp) : undefined;
    const first = Number(batch.firstTimestamp);
    for (const record of batch.records) {
      const offset = firstOffset + BigInt(record.offsetDelta);
      if (offset < from) continue;
      records.push({ topic, partition, offset, key: record.key, value: record.value, headers: headersOf(record), timestamp: appended ?? first + Number(record.timestampDelta) });
    }
  }
  return { records, next };
}

/** A null header value, which Kafka allows, reads as empty. */
function headersOf({ headers }: KafkaRecord): RecordHeaders {
  const result: Record<string, Buffer | readonly Buffer[]> = {};
  for (const [name, value] of headers as Iterable<readonly [Buffer, Buffer | null]>) {
    const key = name.toString('utf8');
    const before = result[key];
    const bytes = value ?? nothing;
    result[key] = before === undefined ? bytes : Buffer.isBuffer(before) ? [before, bytes] : [...before, bytes];
  }
  return result;
}
