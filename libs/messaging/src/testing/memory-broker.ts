// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.js';
import { type Admin, type Consumer, type ConsumerOptions, type InboundRecord, type KafkaClient, type OutboundRecord, type Producer, ProducerError, type TopicConfiguration } from '../port.js';
import { MemoryConsumer } from './memory-consumer.js';
import { MemoryFaults } from './memory-faults.js';
import { MemoryGroup } from './memory-group.js';
import { MemoryTopic, tooLarge } from './memory-log.js';

/**
 * A broker in memory, with as many clients as are asked for: the third adapter of the port. Append times are of its
 * clock. It is as strict as Kafka where the engine relies on it (generations, order, size, unknown topics) and does not
 * persist, compact or expire anything.
 */
export class MemoryBroker {
  readonly faults: MemoryFaults;
  private readonly topics = new Map<string, MemoryTopic>();
  private readonly groups = new Map<string, MemoryGroup>();
  private readonly consumers = new Set<MemoryConsumer>();

  constructor(
    private readonly clock: Clock,
    /** Bytes that one fetch of a partition carries. */
    private readonly maxFetchBytes = 256 * 1024,
  ) {
    this.faults = new MemoryFaults(clock);
  }

  client(): KafkaClient {
    return {
      producer: async () => this.producer(),
      consumer: async (options) => this.consumer(options),
      admin: async () => this.admin(),
    };
  }

  createTopic(topic: string, partitions = 3, settings: Readonly<Record<string, string>> = {}): void {
    if (!this.topics.has(topic)) this.topics.set(topic, new MemoryTopic({ topic, partitions, settings }));
  }

  /** All records of a topic, partition after partition. */
  records(topic: string): readonly InboundRecord[] {
    return this.topic(topic).partitions.flat();
  }

  groupIds(): string[] {
    return [...this.groups.keys()];
  }

  /** A group, made when it is first named. */
  group(groupId: string): MemoryGroup {
    let group = this.groups.get(groupId);
    if (!group) {
      group = new MemoryGroup((topic) => this.topic(topic).configuration.partitions);
      this.groups.set(groupId, group);
    }
    return group;
  }

  /** Every consumer of a group dies, as a client does after an error it does not retry. */
  crash(groupId: string, error: Error = new Error('the client gave up')): void {
    for (const consumer of this.consumers) if (consumer.options.groupId === groupId) consumer.crash(error);
  }

  stop(): void {
    this.faults.reachable = false;
  }

  start(): void {
    this.faults.reachable = true;
    this.notify();
  }

  topic(name: string): MemoryTopic {
    const topic = this.topics.get(name);
    if (!topic) throw new ProducerError(`topic ${name} does not exist: create it first`, 'UNKNOWN_TOPIC_OR_PARTITION', false);
    return topic;
  }

  /** @internal */
  forget(consumer: MemoryConsumer): void {
    this.consumers.delete(consumer);
  }

  /** Writes records as they are, past any producer. */
  append(records: readonly OutboundRecord[]): void {
    for (const record of records) this.topic(record.topic);
    for (const record of records) this.topic(record.topic).append(record, this.clock.now());
    this.notify();
  }

  private notify(): void {
    for (const consumer of this.consumers) consumer.fetch();
  }

  private producer(): Producer {
    let closed = false;
    return {
      send: async (records) => {
        if (closed) throw new ProducerError('the producer is closed', 'PRODUCER_CLOSED', false);
        if (tooLarge(records)) throw new ProducerError('the batch is larger than the broker takes', 'MESSAGE_TOO_LARGE', false);
        await this.faults.beforeSend(() => this.append(records));
      },
      close: async () => {
        closed = true;
      },
    };
  }

  private consumer(options: ConsumerOptions): Consumer {
    for (const { topic } of options.topics) this.topic(topic);
    const consumer = new MemoryConsumer(this, this.group(options.groupId), options, this.maxFetchBytes);
    this.consumers.add(consumer);
    return consumer;
  }

  private admin(): Admin {
    return {
      describeTopics: async (names) => names.flatMap((name) => this.topics.get(name)?.configuration ?? []),
      createTopics: async (configurations: readonly TopicConfiguration[]) => {
        for (const { topic, partitions, settings } of configurations) this.createTopic(topic, partitions, settings);
      },
      endOffsets: async (topic) => {
        if (!this.faults.reachable) throw new Error('no broker can be reached');
        return this.topic(topic).partitions.map((_, partition) => ({ topic, partition, low: 0n, high: this.topic(topic).end(partition) }));
      },
      committedOffsets: async (groupId, topics) => {
        const { committed } = this.group(groupId);
        return topics.flatMap((topic) => this.topic(topic).partitions.flatMap((_, partition) => {
          const offset = committed.get(`${topic}/${partition}`);
          return offset === undefined ? [] : [{ topic, partition, offset }];
        }));
      },
      alterTopics: async (configurations) => {
        for (const { topic, partitions, settings } of configurations) this.topic(topic).alter(partitions, settings);
      },
      offsetsAt: async (name, instantMs) => this.topic(name).partitions.map((records, partition) => ({ topic: name, partition, offset: records.find(({ timestamp }) => timestamp >= instantMs)?.offset ?? this.topic(name).end(partition) })),
      setOffsets: async (groupId, offsets) => {
        this.requireEmpty(groupId);
        for (const { topic, partition, offset } of offsets) this.group(groupId).committed.set(`${topic}/${partition}`, offset);
      },
      deleteGroup: async (groupId) => {
        this.requireEmpty(groupId);
        this.groups.delete(groupId);
      },
      close: async () => undefined,
    };
  }

  private requireEmpty(groupId: string): void {
    if ((this.groups.get(groupId)?.members.length ?? 0) > 0) throw new Error(`group ${groupId} still has members: close its consumers first`);
  }
}
