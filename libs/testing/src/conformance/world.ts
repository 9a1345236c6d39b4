// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { Admin, Consumer, ConsumerOptions, InboundRecord, KafkaClient, OutboundRecord, Producer } from '@nervus/messaging';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { Probe } from './probe.js';

/** A broker as the suite needs it. What a feature does not claim need not be there. */
export interface ConformanceBroker {
  /** A new client each time, as each process has its own. */
  client(): KafkaClient;
  /** Feature `restart`: ends the broker and starts it again with its data; resolves when it runs. */
  restart?(): Promise<void>;
  /** Feature `crash`: makes the clients of a group fail for good. */
  crash?(groupId: string): Promise<void>;
  /** Feature `commitFault`: the next commit of any group fails. */
  failNextCommit?(): void;
  close(): Promise<void>;
}

export interface MessagingFeatures {
  readonly restart?: boolean;
  readonly crash?: boolean;
  readonly commitFault?: boolean;
  /** Session timeout in milliseconds: given, the suite holds a batch for longer and expects the lease to live. */
  readonly sessionMs?: number;
}

/** What the tests share: one broker, and everything that a test opened, closed again after it. */
export class World {
  broker!: ConformanceBroker;
  admin!: Admin;
  private opened: (() => Promise<unknown>)[] = [];

  constructor(private readonly connect: () => Promise<ConformanceBroker>) {}

  declare(): void {
    beforeAll(async () => {
      this.broker = await this.connect();
      this.admin = await this.broker.client().admin();
    });
    afterEach(async () => {
      const { opened } = this;
      this.opened = [];
      for (const close of opened.toReversed()) await close().catch(() => undefined);
    });
    afterAll(async () => {
      await this.admin?.close();
      await this.broker?.close();
    });
  }

  /** Has something closed after the test, also when the test fails. */
  after(close: () => Promise<unknown>): void {
    this.opened.push(close);
  }

  /** A topic of this test's own. */
  async topic(partitions = 1): Promise<string> {
    const topic = `conformance-${randomUUID()}`;
    await this.admin.createTopics([{ topic, partitions, settings: { 'message.timestamp.type': 'LogAppendTime' } }], { factor: 1, minInSync: 1 });
    return topic;
  }

  group(): string {
    return `conformance-${randomUUID()}`;
  }

  async producer(): Promise<Producer> {
    const producer = await this.broker.client().producer();
    this.after(() => producer.close());
    return producer;
  }

  async consumer(options: ConsumerOptions): Promise<Consumer> {
    const consumer = await this.broker.client().consumer(options);
    this.after(() => consumer.close());
    return consumer;
  }

  /** A running consumer of one topic that keeps what it is handed. */
  async probe(topic: string, groupId: string, from: 'beginning' | 'end' = 'beginning', hold?: (record: InboundRecord) => Promise<void>): Promise<Probe> {
    const consumer = await this.consumer({ groupId, topics: [{ topic, from }] });
    const probe = new Probe(consumer, hold);
    await consumer.run(probe.handlers);
    return probe;
  }

  /** Committed next offsets of a topic, by partition. */
  async committed(groupId: string, topic: string): Promise<ReadonlyMap<number, bigint>> {
    const offsets = await this.admin.committedOffsets(groupId, [topic]);
    return new Map(offsets.map(({ partition, offset }) => [partition, offset]));
  }

  /** Records below their watermark, summed over the partitions of a topic. */
  async committedSum(groupId: string, topic: string): Promise<bigint> {
    return [...(await this.committed(groupId, topic)).values()].reduce((sum, offset) => sum + offset, 0n);
  }
}

/** Waits for a condition, and says which one when it does not come. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, limitMs = 30_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const record = (topic: string, key: string | null, value: string | Buffer | null, headers: OutboundRecord['headers'] = {}): OutboundRecord => ({
  topic,
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers,
});

export const text = ({ value }: Pick<InboundRecord, 'value'>): string => String(value);

/** Records `0`, `1`, ... over some keys. */
export const numbered = (topic: string, count: number, keys = 10, from = 0): OutboundRecord[] => Array.from({ length: count }, (_, at) => record(topic, `key-${(from + at) % keys}`, String(from + at)));
