// SPDX-License-Identifier: Apache-2.0
import type { TopicPartition } from '@nervus/messaging';
import { KafkaClientError, nameOf, type Position } from '@nervus/messaging/adapter';
import { listOffsetsV9, offsetFetchV9 } from '@platformatic/kafka';
import type { Cluster } from './cluster.js';

const readUncommitted = 0;
const consumerReplica = -1;
const where = { beginning: -2n, end: -1n } as const;

/** `beginning` or `end`, or milliseconds since the epoch: the first record appended then or later. */
export type Whereabouts = keyof typeof where | bigint;

/** The first offset of each partition, the one behind its last record, or that of an instant; -1 when nothing was appended since. @throws KafkaClientError, or what the library throws */
export function offsetsAt(cluster: Cluster, at: Whereabouts, partitions: readonly TopicPartition[]): Promise<readonly Position[]> {
  return cluster.retrying(async () => {
    const topics = await cluster.topics(partitions.map(({ topic }) => topic));
    const leaderOf = ({ topic, partition }: TopicPartition): number => topics.get(topic)?.leaders[partition] ?? -1;
    try {
      const answers = await Promise.all([...Map.groupBy(partitions, leaderOf)].map(([node, own]) => askLeader(cluster, node, at, own)));
      return answers.flat();
    } catch (error) {
      // Whoever leads the partition now must be asked.
      for (const { topic } of partitions) cluster.forget(topic);
      throw error;
    }
  });
}

async function askLeader(cluster: Cluster, node: number, at: Whereabouts, partitions: readonly TopicPartition[]): Promise<Position[]> {
  const [first] = partitions;
  if (node < 0) throw new KafkaClientError('unknown_topic', `partition ${first && nameOf(first)} has no leader: look whether it exists and its broker runs`, true);
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, own]) => ({
    name,
    partitions: own.map(({ partition }) => ({ partitionIndex: partition, currentLeaderEpoch: -1, timestamp: typeof at === 'bigint' ? at : where[at] })),
  }));
  const answer = await cluster.call({ node }, listOffsetsV9.api, consumerReplica, readUncommitted, topics);
  return answer.topics.flatMap(({ name, partitions: own }) => own.map(({ partitionIndex, offset }) => ({ topic: name, partition: partitionIndex, offset })));
}

/** The next offset to read of each partition for which the group has committed one. @throws what the library throws */
export async function committedBy(cluster: Cluster, groupId: string, partitions: readonly TopicPartition[]): Promise<readonly Position[]> {
  if (partitions.length === 0) return [];
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, own]) => ({ name, partitionIndexes: own.map(({ partition }) => partition) }));
  const { groups } = await cluster.insist({ coordinatorOf: groupId }, offsetFetchV9.api, [{ groupId, memberId: null, memberEpoch: -1, topics }], true);
  return groups.flatMap((group) => group.topics).flatMap(({ name, partitions: own }) =>
    own.filter(({ committedOffset }) => committedOffset >= 0n).map(({ partitionIndex, committedOffset }) => ({ topic: name, partition: partitionIndex, offset: committedOffset })),
  );
}
