// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { Consumer, ConsumerHandlers, ConsumerOptions, InboundRecord, KafkaClient, OutboundRecord, PartitionBatch, TopicPartition } from '@nervus/messaging';
import { kafkaBrokers } from '@nervus/testing';
import { vi } from 'vitest';
import { createKafkaJsClient } from '../src/index.js';

export const client = (clientId = 'test'): KafkaClient => createKafkaJsClient({ brokers: kafkaBrokers(), clientId, log: () => undefined });

export const unique = (name: string): string => `${name}-${randomUUID()}`;

export async function freshTopic(partitions = 1, settings: Readonly<Record<string, string>> = {}): Promise<string> {
  const topic = unique('t');
  const admin = await client().admin();
  await admin.createTopics([{ topic, partitions, settings: { 'message.timestamp.type': 'LogAppendTime', ...settings } }], { factor: 1, minInSync: 1 });
  await admin.close();
  return topic;
}

export const record = (topic: string, value: string | null, key: string | null = 'k', headers: OutboundRecord['headers'] = {}): OutboundRecord => ({
  topic,
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers,
});

export const eventually = <T>(look: () => T | Promise<T>, timeout = 20_000): Promise<T> => vi.waitFor(look, { timeout, interval: 10 });

/** A consumer that keeps what it was given, and can hold a batch for as long as the test wants. */
export class Watched {
  readonly records: InboundRecord[] = [];
  readonly batches: PartitionBatch[] = [];
  readonly assignments: { generation: number; partitions: readonly TopicPartition[] }[] = [];
  readonly crashes: Error[] = [];
  rebalances = 0;
  hold: (batch: PartitionBatch) => Promise<void> = () => Promise.resolve();
  consumer!: Consumer;

  static async of(options: ConsumerOptions, kafka = client()): Promise<Watched> {
    const watched = new Watched();
    watched.consumer = await kafka.consumer(options);
    return watched;
  }

  static async running(options: ConsumerOptions, kafka = client()): Promise<Watched> {
    const watched = await Watched.of(options, kafka);
    await watched.consumer.run(watched.handlers);
    return watched;
  }

  get handlers(): ConsumerHandlers {
    return {
      onBatch: async (batch) => {
        this.batches.push(batch);
        this.records.push(...batch.records);
        await this.hold(batch);
      },
      onRebalance: () => void this.rebalances++,
      onAssigned: (generation, partitions) => void this.assignments.push({ generation, partitions }),
      onCrash: (error) => void this.crashes.push(error),
    };
  }

  get values(): string[] {
    return this.records.map(({ value }) => String(value));
  }

  get assigned(): readonly TopicPartition[] {
    return this.assignments.at(-1)?.partitions ?? [];
  }

  get generation(): number {
    return this.assignments.at(-1)?.generation ?? 0;
  }
}
