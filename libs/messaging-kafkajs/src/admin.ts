// SPDX-License-Identifier: Apache-2.0
import { setTimeout } from 'node:timers/promises';
import type { Admin, PartitionEnds, TopicConfiguration, TopicPartition } from '@nervus/messaging';
import { KafkaClientError, type KafkaLog } from '@nervus/messaging/adapter';
import kafkajs, { type Admin as KafkaJsClientAdmin, type Kafka, type KafkaJSAggregateError } from 'kafkajs';
import { causeOf, clientError } from './errors.js';

/** How long a topic that was just created may take to be seen: so many looks, with so many milliseconds between them. */
const visibleAttempts = 50;
const visibleEveryMs = 100;

/**
 * Invariant: one question about topics at a time. Among several brokers kafkajs asks any of them, remembers the topics
 * of the answer that came in last and forgets the others, although a second question may be in the middle of using them.
 */
export class KafkaJsAdmin implements Admin {
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly admin: KafkaJsClientAdmin,
    private readonly log: KafkaLog,
  ) {}

  /** @throws KafkaClientError when no broker can be reached or the credentials are refused. */
  static async connect(kafka: Kafka, log: KafkaLog): Promise<KafkaJsAdmin> {
    const admin = kafka.admin();
    try {
      await admin.connect();
    } catch (error) {
      await admin.disconnect().catch(() => {});
      throw clientError(error, 'connecting an admin client');
    }
    return new KafkaJsAdmin(admin, log);
  }

  /** A topic whose settings this client may not read comes with empty settings, and that is logged. */
  describeTopics(topics: readonly string[]): Promise<readonly TopicConfiguration[]> {
    return this.#inTurn(() => this.#describe(topics));
  }

  async #describe(topics: readonly string[]): Promise<readonly TopicConfiguration[]> {
    const partitions = await this.partitionsOf(topics);
    const existing = [...partitions.keys()];
    if (existing.length === 0) return [];
    const settings = await this.#settingsOf(existing);
    return existing.map((topic) => ({ topic, partitions: partitions.get(topic)?.length ?? 0, settings: settings.get(topic) ?? {} }));
  }

  async createTopics(topics: readonly TopicConfiguration[], replication: { factor: number; minInSync: number }): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#createOnce(topics, replication);
        return await this.#seen(topics.map(({ topic }) => ({ topic, partitions: 1, settings: {} })));
      } catch (error) {
        // Right after creation a broker may not know the topic yet (KRaft metadata comes later), and kafkajs gives up at once.
        if (causeOf(error).type !== 'UNKNOWN_TOPIC_OR_PARTITION' || attempt === visibleAttempts) throw error;
        await setTimeout(visibleEveryMs);
      }
    }
  }

  async #createOnce(topics: readonly TopicConfiguration[], replication: { factor: number; minInSync: number }): Promise<void> {
    const existing = await this.partitionsOf(topics.map(({ topic }) => topic));
    const missing = topics.filter(({ topic }) => !existing.has(topic));
    if (missing.length === 0) return;
    const requested = missing.map(({ topic, partitions, settings }) => ({
      topic,
      numPartitions: partitions,
      replicationFactor: replication.factor,
      configEntries: Object.entries({ 'min.insync.replicas': String(replication.minInSync), ...settings }).map(([name, value]) => ({ name, value })),
    }));
    try {
      await this.admin.createTopics({ topics: requested, waitForLeaders: true });
    } catch (error) {
      const failed = (isAggregate(error) ? error.errors : [error]).filter((each) => causeOf(each).type !== 'TOPIC_ALREADY_EXISTS');
      const [first] = failed;
      if (first === undefined) return;
      const topic = (first as { topic?: unknown }).topic;
      throw clientError(first, `creating topic ${typeof topic === 'string' ? topic : missing.map((each) => each.topic).join(', ')}`, { failed: failed.length });
    }
  }

  async alterTopics(topics: readonly TopicConfiguration[]): Promise<void> {
    await this.#inTurn(() => this.#alter(topics));
    await this.#seen(topics);
  }

  async #alter(topics: readonly TopicConfiguration[]): Promise<void> {
    const existing = await this.partitionsOfAll(topics.map(({ topic }) => topic));
    const grown = topics.filter(({ topic, partitions }) => partitions > (existing.get(topic)?.length ?? 0));
    const changed = topics.filter(({ settings }) => Object.keys(settings).length > 0);
    try {
      if (grown.length > 0) await this.admin.createPartitions({ topicPartitions: grown.map(({ topic, partitions }) => ({ topic, count: partitions })) });
      // It replaces all settings of a topic: those that are not named must be said again.
      const kept = await this.#ownSettingsOf(changed.map(({ topic }) => topic));
      const resources = changed.map(({ topic, settings }) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries: Object.entries({ ...kept.get(topic), ...settings }).map(([name, value]) => ({ name, value })) }));
      if (resources.length > 0) await this.admin.alterConfigs({ validateOnly: false, resources });
    } catch (error) {
      throw clientError(isAggregate(error) ? error.errors[0] : error, `altering the topics ${topics.map(({ topic }) => topic).join(', ')}`);
    }
  }

  /** The brokers take a change over one after the other: whoever looks next must see it. */
  async #seen(topics: readonly TopicConfiguration[]): Promise<void> {
    for (let attempt = 1; attempt < visibleAttempts; attempt++) {
      const found = new Map((await this.describeTopics(topics.map(({ topic }) => topic))).map((topic) => [topic.topic, topic]));
      const asAsked = ({ topic, partitions, settings }: TopicConfiguration): boolean => {
        const now = found.get(topic);
        return now !== undefined && now.partitions >= partitions && Object.entries(settings).every(([name, value]) => now.settings[name] === undefined || now.settings[name] === value);
      };
      if (topics.every(asAsked)) return;
      await setTimeout(visibleEveryMs);
    }
  }

  offsetsAt(topic: string, instantMs: number): Promise<readonly (TopicPartition & { readonly offset: bigint })[]> {
    return this.#inTurn(() => this.#offsetsOfAt(topic, instantMs));
  }

  async #offsetsOfAt(topic: string, instantMs: number): Promise<readonly (TopicPartition & { readonly offset: bigint })[]> {
    await this.partitionsOfAll([topic]);
    const found = await onceLed(() => this.admin.fetchTopicOffsetsByTimestamp(topic, instantMs)).catch((error: unknown) => {
      throw clientError(error, `asking for the offsets of ${topic} at an instant`);
    });
    return found.map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) })).toSorted((a, b) => a.partition - b.partition);
  }

  endOffsets(topic: string): Promise<readonly PartitionEnds[]> {
    return this.#inTurn(() => this.#endOffsetsOf(topic));
  }

  async #endOffsetsOf(topic: string): Promise<readonly PartitionEnds[]> {
    await this.partitionsOfAll([topic]);
    const offsets = await onceLed(() => this.admin.fetchTopicOffsets(topic)).catch((error: unknown) => {
      throw clientError(error, `asking for the offsets of ${topic}`);
    });
    return offsets.map(({ partition, low, high }) => ({ topic, partition, low: BigInt(low), high: BigInt(high) })).toSorted((a, b) => a.partition - b.partition);
  }

  async committedOffsets(groupId: string, topics: readonly string[]): Promise<readonly (TopicPartition & { readonly offset: bigint })[]> {
    return topics.length === 0 ? [] : this.#inTurn(() => this.#committedBy(groupId, topics));
  }

  async #committedBy(groupId: string, topics: readonly string[]): Promise<readonly (TopicPartition & { readonly offset: bigint })[]> {
    await this.partitionsOfAll(topics);
    const answered = await this.admin.fetchOffsets({ groupId, topics: [...topics] }).catch((error: unknown) => {
      throw clientError(error, `asking for the committed offsets of group ${groupId}`, { groupId });
    });
    return answered.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) })).filter(({ offset }) => offset >= 0n),
    );
  }

  async setOffsets(groupId: string, offsets: readonly (TopicPartition & { readonly offset: bigint })[]): Promise<void> {
    for (const [topic, own] of Map.groupBy(offsets, ({ topic: name }) => name)) {
      await this.admin.setOffsets({ groupId, topic, partitions: own.map(({ partition, offset }) => ({ partition, offset: offset.toString() })) }).catch((error: unknown) => {
        throw clientError(error, `setting the offsets of group ${groupId}; it must have no members`, { groupId });
      });
    }
  }

  /** A group that does not exist counts as deleted. @throws KafkaClientError `group_in_use` while it has members. */
  async deleteGroup(groupId: string): Promise<void> {
    try {
      await this.admin.deleteGroups([groupId]);
    } catch (error) {
      const [first] = (error as { groups?: readonly { error?: unknown }[] }).groups ?? [];
      const cause = first?.error ?? error;
      const { type } = causeOf(cause);
      if (type === 'GROUP_ID_NOT_FOUND') return;
      if (type === 'NON_EMPTY_GROUP') throw new KafkaClientError('group_in_use', `group ${groupId} still has members: close them before deleting it`, true, { groupId }, { cause: error });
      throw clientError(cause, `deleting group ${groupId}`, { groupId });
    }
  }

  async close(): Promise<void> {
    await this.admin.disconnect();
  }

  /** Partitions of those of the topics that exist. Asked in two steps, because kafkajs fails blindly when one is unknown. */
  async partitionsOf(topics: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
    try {
      const known = new Set(await this.admin.listTopics());
      const existing = topics.filter((topic) => known.has(topic));
      if (existing.length === 0) return new Map();
      const metadata = await this.admin.fetchTopicMetadata({ topics: existing });
      return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.map(({ partitionId }) => partitionId)]));
    } catch (error) {
      throw clientError(error, `asking for the topics ${topics.join(', ')}`);
    }
  }

  /** @throws KafkaClientError `unknown_topic` naming every topic that is not there. */
  async partitionsOfAll(topics: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
    const partitions = await this.partitionsOf(topics);
    const missing = topics.filter((topic) => !partitions.has(topic));
    if (missing.length > 0) {
      throw new KafkaClientError('unknown_topic', `the broker has no topic ${missing.join(', ')} that this client may see: create the topics as declared, or grant Describe`, false, { missing });
    }
    return partitions;
  }

  #inTurn<T>(question: () => Promise<T>): Promise<T> {
    const answer = this.#last.then(question);
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** What was set for each topic itself, beside the defaults of the broker. */
  async #ownSettingsOf(topics: readonly string[]): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
    if (topics.length === 0) return new Map();
    const { resources } = await this.admin.describeConfigs({ includeSynonyms: false, resources: topics.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })) });
    return new Map(resources.map(({ resourceName, configEntries }) => [resourceName, Object.fromEntries(configEntries.filter(({ configSource }) => configSource === kafkajs.ConfigSource.TOPIC_CONFIG).map(({ configName, configValue }) => [configName, configValue]))]));
  }

  async #settingsOf(topics: readonly string[]): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
    try {
      const { resources } = await this.admin.describeConfigs({ includeSynonyms: false, resources: topics.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })) });
      return new Map(resources.map(({ resourceName, configEntries }) => [resourceName, Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue]))]));
    } catch (error) {
      if (causeOf(error).type !== 'TOPIC_AUTHORIZATION_FAILED') throw clientError(error, `asking for the settings of ${topics.join(', ')}`);
      this.log('warn', 'this client may not read the settings of its topics, so they cannot be compared with the declaration: grant DescribeConfigs', { topics });
      return new Map();
    }
  }
}

/** Asks again while the partitions have no leader that knows of it: right after creation, and while leaders move. */
async function onceLed<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!leaderless.has(causeOf(error).type ?? '') || attempt === visibleAttempts) throw error;
      await setTimeout(visibleEveryMs);
    }
  }
}

const leaderless = new Set(['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE', 'REPLICA_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION']);

const isAggregate = (error: unknown): error is KafkaJSAggregateError => error instanceof Error && error.name === 'KafkaJSAggregateError';
