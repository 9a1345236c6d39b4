// SPDX-License-Identifier: Apache-2.0
import type { Admin, PartitionEnds, TopicConfiguration, TopicPartition } from '@nervus/messaging';
import { KafkaClientError, type KafkaLog, type Position } from '@nervus/messaging/adapter';
import { ConfigResourceTypes, createPartitionsV3, createTopicsV7, deleteGroupsV2, describeConfigsV4, IncrementalAlterConfigOperationTypes, incrementalAlterConfigsV1, offsetCommitV9, ProtocolError } from '@platformatic/kafka';
import type { Cluster, TopicInfo } from './cluster.js';
import { causeOf, clientError } from './errors.js';
import { committedBy, offsetsAt } from './offsets.js';

const createTimeoutMs = 10_000;
const noError = 0;
const alreadyExists = 36;

export class PlatformaticAdmin implements Admin {
  private constructor(
    private readonly cluster: Cluster,
    private readonly log: KafkaLog,
  ) {}

  /** @throws KafkaClientError when no broker can be reached or the credentials are refused. */
  static async connect(cluster: Cluster, log: KafkaLog): Promise<PlatformaticAdmin> {
    try {
      await cluster.retrying(() => cluster.topics([], 'fresh'));
    } catch (error) {
      await cluster.close();
      throw clientError(error, 'connecting an admin client');
    }
    return new PlatformaticAdmin(cluster, log);
  }

  /** A topic whose settings this client may not read comes with empty settings, and that is logged. */
  async describeTopics(topics: readonly string[]): Promise<readonly TopicConfiguration[]> {
    const known = await this.#known(topics);
    if (known.size === 0) return [];
    const settings = await this.#settingsOf([...known.keys()]);
    return [...known].map(([topic, { leaders }]) => ({ topic, partitions: leaders.length, settings: settings.get(topic) ?? {} }));
  }

  async createTopics(topics: readonly TopicConfiguration[], replication: { factor: number; minInSync: number }): Promise<void> {
    const existing = await this.#known(topics.map(({ topic }) => topic));
    const missing = topics.filter(({ topic }) => !existing.has(topic));
    if (missing.length === 0) return;
    const requested = missing.map(({ topic, partitions, settings }) => ({
      name: topic,
      numPartitions: partitions,
      replicationFactor: replication.factor,
      assignments: [],
      configs: Object.entries({ 'min.insync.replicas': String(replication.minInSync), ...settings }).map(([name, value]) => ({ name, value })),
    }));
    await this.#create(requested);
    await this.#led(missing.map(({ topic }) => topic));
  }

  async alterTopics(topics: readonly TopicConfiguration[]): Promise<void> {
    const existing = await this.partitionsOfAll(topics.map(({ topic }) => topic));
    const grown = topics.filter(({ topic, partitions }) => partitions > (existing.get(topic)?.leaders.length ?? 0)).map(({ topic: name, partitions }) => ({ name, count: partitions, assignments: null }));
    const changed = topics
      .filter(({ settings }) => Object.keys(settings).length > 0)
      .map(({ topic, settings }) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configs: Object.entries(settings).map(([name, value]) => ({ name, value, configOperation: IncrementalAlterConfigOperationTypes.SET })) }));
    try {
      if (grown.length > 0) await this.cluster.insist('any', createPartitionsV3.api, grown, createTimeoutMs, false);
      if (changed.length > 0) await this.cluster.insist('any', incrementalAlterConfigsV1.api, changed, false);
    } catch (error) {
      throw clientError(error, `altering the topics ${topics.map(({ topic }) => topic).join(', ')}`);
    }
    await this.#altered(topics);
  }

  async offsetsAt(topic: string, instantMs: number): Promise<readonly Position[]> {
    const partitions = partitionsOf((await this.partitionsOfAll([topic])).values());
    try {
      const [found, ends] = await Promise.all([offsetsAt(this.cluster, BigInt(instantMs), partitions), offsetsAt(this.cluster, 'end', partitions)]);
      const endOf = new Map(ends.map(({ partition, offset }) => [partition, offset]));
      return found.map(({ partition, offset }) => ({ topic, partition, offset: offset < 0n ? (endOf.get(partition) ?? 0n) : offset })).toSorted((a, b) => a.partition - b.partition);
    } catch (error) {
      throw clientError(error, `asking for the offsets of ${topic} at an instant`);
    }
  }

  async endOffsets(topic: string): Promise<readonly PartitionEnds[]> {
    const partitions = partitionsOf((await this.partitionsOfAll([topic])).values());
    try {
      const [lows, highs] = await Promise.all([offsetsAt(this.cluster, 'beginning', partitions), offsetsAt(this.cluster, 'end', partitions)]);
      const lowOf = new Map(lows.map(({ partition, offset }) => [partition, offset]));
      return highs.map(({ partition, offset }) => ({ topic, partition, low: lowOf.get(partition) ?? 0n, high: offset })).toSorted((a, b) => a.partition - b.partition);
    } catch (error) {
      throw clientError(error, `asking for the offsets of ${topic}`);
    }
  }

  async committedOffsets(groupId: string, topics: readonly string[]): Promise<readonly Position[]> {
    if (topics.length === 0) return [];
    const known = await this.partitionsOfAll(topics);
    try {
      return await committedBy(this.cluster, groupId, partitionsOf(known.values()));
    } catch (error) {
      throw clientError(error, `asking for the committed offsets of group ${groupId}`, { groupId });
    }
  }

  async setOffsets(groupId: string, offsets: readonly Position[]): Promise<void> {
    const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, own]) => ({ name, partitions: own.map(({ partition, offset }) => ({ partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: -1 })) }));
    try {
      // No member and no generation: the coordinator takes it only while the group is empty.
      await this.cluster.insist({ coordinatorOf: groupId }, offsetCommitV9.api, groupId, -1, '', null, topics);
    } catch (error) {
      throw clientError(error, `setting the offsets of group ${groupId}; it must have no members`, { groupId });
    }
  }

  /** A group that does not exist counts as deleted. @throws KafkaClientError `group_in_use` while it has members. */
  async deleteGroup(groupId: string): Promise<void> {
    try {
      await this.cluster.insist({ coordinatorOf: groupId }, deleteGroupsV2.api, [groupId]);
    } catch (error) {
      const { type } = causeOf(error);
      if (type === 'GROUP_ID_NOT_FOUND') return;
      if (type === 'NON_EMPTY_GROUP') throw new KafkaClientError('group_in_use', `group ${groupId} still has members: close them before deleting it`, true, { groupId }, { cause: error });
      throw clientError(error, `deleting group ${groupId}`, { groupId });
    }
  }

  close(): Promise<void> {
    return this.cluster.close();
  }

  /** @throws KafkaClientError `unknown_topic` naming every topic that is not there. */
  async partitionsOfAll(topics: readonly string[]): Promise<ReadonlyMap<string, TopicInfo>> {
    const known = await this.#known(topics);
    const missing = topics.filter((topic) => !known.has(topic));
    if (missing.length > 0) {
      throw new KafkaClientError('unknown_topic', `the broker has no topic ${missing.join(', ')} that this client may see: create the topics as declared, or grant Describe`, false, { missing });
    }
    return known;
  }

  async #known(topics: readonly string[]): Promise<ReadonlyMap<string, TopicInfo>> {
    try {
      return await this.cluster.retrying(() => this.cluster.topics(topics, 'fresh'));
    } catch (error) {
      throw clientError(error, `asking for the topics ${topics.join(', ')}`);
    }
  }

  async #create(requested: createTopicsV7.CreateTopicsRequestTopic[]): Promise<void> {
    const doing = `creating topic ${requested.map(({ name }) => name).join(', ')}`;
    const answer = await this.cluster.insist('any', createTopicsV7.api, requested, createTimeoutMs, false).catch((error: unknown) => {
      const { response } = error as { response?: createTopicsV7.CreateTopicsResponse };
      if (!response) throw clientError(error, doing);
      return response;
    });
    const failed = answer.topics.filter(({ errorCode }) => errorCode !== noError && errorCode !== alreadyExists);
    const [first] = failed;
    if (first) throw clientError(new ProtocolError(first.errorCode, first.errorMessage), `creating topic ${first.name}`, { failed: failed.length });
  }

  /** Right after creation a broker may not know a topic yet, or nobody leads it (KRaft metadata comes later). */
  async #led(topics: readonly string[]): Promise<void> {
    await this.cluster.retrying(async () => {
      const known = await this.cluster.topics(topics);
      const open = topics.filter((topic) => !known.get(topic)?.leaders.every((leader) => leader >= 0));
      for (const topic of open) this.cluster.forget(topic);
      if (open.length > 0) throw new KafkaClientError('unknown_topic', `the broker does not show topic ${open.join(', ')}, which was just made`, true);
    });
  }

  /** The brokers take a change over one after the other: whoever looks next must see it. */
  async #altered(topics: readonly TopicConfiguration[]): Promise<void> {
    await this.cluster.retrying(async () => {
      const found = new Map((await this.describeTopics(topics.map(({ topic }) => topic))).map((topic) => [topic.topic, topic]));
      const open = topics.filter(({ topic, partitions, settings }) => {
        const now = found.get(topic);
        return !now || now.partitions < partitions || Object.entries(settings).some(([name, value]) => now.settings[name] !== undefined && now.settings[name] !== value);
      });
      if (open.length > 0) throw new KafkaClientError('not_visible', `the broker does not show yet what was altered of ${open.map(({ topic }) => topic).join(', ')}`, true);
    });
  }

  async #settingsOf(topics: readonly string[]): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
    try {
      const resources = topics.map((resourceName) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName, configurationKeys: null }));
      const { results } = await this.cluster.insist('any', describeConfigsV4.api, resources, false, false);
      return new Map(results.map(({ resourceName, configs }) => [resourceName, Object.fromEntries(configs.map(({ name, value }) => [name, value ?? '']))]));
    } catch (error) {
      if (causeOf(error).type !== 'TOPIC_AUTHORIZATION_FAILED') throw clientError(error, `asking for the settings of ${topics.join(', ')}`);
      this.log('warn', 'this client may not read the settings of its topics, so they cannot be compared with the declaration: grant DescribeConfigs', { topics });
      return new Map();
    }
  }
}

export const partitionsOf = (topics: Iterable<TopicInfo>): TopicPartition[] => [...topics].flatMap(({ topic, leaders }) => leaders.map((_, partition) => ({ topic, partition })));
