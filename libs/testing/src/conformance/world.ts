// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { Admin, Consumer, ConsumerOptions, InboundRecord, KafkaClient, OutboundRecord, Producer } from '@nervus/messaging';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { AdapterName, MessagingFeature, MessagingFeatures } from './features.js';
import { MemberProcess, type MemberOptions } from './member-process.js';
import { Probe } from './probe.js';

/** A broker as the suite needs it, reached through the adapter that is tested. */
export interface ConformanceBroker {
  /** A new client each time, as each process has its own. */
  client(options?: { readonly instanceId?: string }): KafkaClient;
  /** Kills the broker; resolves when it is gone. */
  takeDown(): Promise<void>;
  /** Starts it again with its data; resolves when it answers. */
  bringUp(): Promise<void>;
  /** Adapters of a real broker: how processes of their own reach it. */
  readonly process?: Pick<MemberOptions, 'brokers' | 'kafkaClient'>;
  /** Adapters without access rules: makes the clients of a group fail for good. */
  crash?(groupId: string): void;
  close(): Promise<void>;
}

/** What the tests share: one broker, and everything that a test opened, closed again after it. */
export class World {
  broker!: ConformanceBroker;
  admin!: Admin;
  private opened: (() => Promise<unknown>)[] = [];

  constructor(
    private readonly adapter: AdapterName,
    readonly features: MessagingFeatures,
    private readonly connect: () => Promise<ConformanceBroker>,
  ) {}

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

  /** Counts the test as a skip, with the reason, when the adapter does not declare the feature. */
  require(feature: MessagingFeature, skip: (condition: boolean, note: string) => void): void {
    const support = this.features[feature];
    skip(support !== true, unsupportedNote(this.adapter, feature, String(support)));
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

  async consumer(options: ConsumerOptions, instanceId?: string): Promise<Consumer> {
    const consumer = await this.broker.client(instanceId === undefined ? {} : { instanceId }).consumer(options);
    this.after(() => consumer.close());
    return consumer;
  }

  /** A running consumer of one topic that keeps what it is handed. */
  async probe(topic: string, groupId: string, from: 'beginning' | 'end' = 'beginning', hold?: (record: InboundRecord) => Promise<void>, instanceId?: string): Promise<Probe> {
    const consumer = await this.consumer({ groupId, topics: [{ topic, from }] }, instanceId);
    const probe = new Probe(consumer, hold);
    await consumer.run(probe.handlers);
    return probe;
  }

  /** A process of its own that will read a topic when it joins. Only for adapters of a real broker. */
  async standby(options: Omit<MemberOptions, 'brokers' | 'kafkaClient'>): Promise<MemberProcess> {
    const member = await MemberProcess.ready({ ...this.broker.process!, ...options });
    this.after(() => member.kill());
    return member;
  }

  /** One that has joined. */
  async process(options: Omit<MemberOptions, 'brokers' | 'kafkaClient'>): Promise<MemberProcess> {
    const member = await this.standby(options);
    await member.join();
    return member;
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

const unsupported = /^(\w+) does not support (\w+): /;
const unsupportedNote = (adapter: AdapterName, feature: MessagingFeature, reason: string): string => `${adapter} does not support ${feature}: ${reason}`;

/** The adapter and the feature of a skip that says that something is not supported; undefined for any other skip. */
export function unsupportedIn(note: string): { readonly adapter: string; readonly feature: string } | undefined {
  const [, adapter, feature] = unsupported.exec(note) ?? [];
  return adapter !== undefined && feature !== undefined ? { adapter, feature } : undefined;
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

/** `0`, `1`, ... */
export const firstOffsets = (count: number | bigint): bigint[] => Array.from({ length: Number(count) }, (_, at) => BigInt(at));
