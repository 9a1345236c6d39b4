// SPDX-License-Identifier: Apache-2.0
import { within } from './bounded.js';
import type { Clock } from './clock.js';
import { PermanentError } from './errors.js';
import type { Admin, Consumer, InboundRecord, KafkaClient, TopicPartition } from './port.js';

/** Records of one partition from an offset up to another, without it. */
export interface OffsetRange extends TopicPartition {
  readonly from: bigint;
  readonly to: bigint;
}

export interface ReadOptions {
  readonly client: KafkaClient;
  readonly clock: Clock;
  /** A group of this reading alone; it is removed afterwards. */
  readonly groupId: string;
  /** Milliseconds for all of it. */
  readonly limitMs: number;
}

/**
 * Reads what stands in some ranges of one topic, past the group that handles it: nobody's place changes. In order in
 * each partition; what retention or compaction removed is missing.
 * @throws TimedOutError; what the client fails with
 */
export async function readRecords(ranges: readonly OffsetRange[], options: ReadOptions): Promise<readonly InboundRecord[]> {
  const { client, clock, groupId, limitMs } = options;
  const admin = await client.admin();
  try {
    const present = await clamped(admin, ranges.filter(({ from, to }) => from < to));
    if (present.length === 0) return [];
    await admin.setOffsets(groupId, present.map(({ topic, partition, from }) => ({ topic, partition, offset: from })));
    const topics = [...new Set(present.map(({ topic }) => topic))].map((topic) => ({ topic, from: 'end' as const }));
    const consumer = await client.consumer({ groupId, topics, ephemeral: true });
    try {
      return await within(collect(consumer, present), limitMs, clock, `reading ${topics.map(({ topic }) => topic).join(', ')}`);
    } finally {
      await within(consumer.close(), 5000, clock, 'leaving the group').catch(() => undefined);
      await admin.deleteGroup(groupId).catch(() => undefined);
    }
  } finally {
    await admin.close();
  }
}

/** Only what still stands in the log can be read. */
async function clamped(admin: Admin, ranges: readonly OffsetRange[]): Promise<readonly OffsetRange[]> {
  const ends = new Map<string, { readonly low: bigint; readonly high: bigint }>();
  for (const topic of new Set(ranges.map(({ topic: name }) => name))) for (const end of await admin.endOffsets(topic)) ends.set(nameOf(end), end);
  return ranges
    .map((range) => {
      const end = ends.get(nameOf(range));
      if (!end) throw new PermanentError('partition_unknown', `${range.topic} has no partition ${range.partition}`);
      return { ...range, from: range.from > end.low ? range.from : end.low, to: range.to < end.high ? range.to : end.high };
    })
    .filter(({ from, to }) => from < to);
}

function collect(consumer: Consumer, ranges: readonly OffsetRange[]): Promise<readonly InboundRecord[]> {
  const open = new Map(ranges.map((range) => [nameOf(range), range]));
  const records: InboundRecord[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<readonly InboundRecord[]>();
  consumer
    .run({
      onBatch: (batch) => {
        const range = open.get(nameOf(batch));
        if (range) {
          records.push(...batch.records.filter(({ offset }) => offset >= range.from && offset < range.to));
          const last = batch.records.at(-1);
          if (last && last.offset + 1n >= range.to) open.delete(nameOf(batch));
        }
        if (open.size === 0) resolve(records);
        return Promise.resolve();
      },
      onRebalance: () => undefined,
      onAssigned: () => undefined,
      onCrash: reject,
    })
    .catch(reject);
  return promise;
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
