// SPDX-License-Identifier: Apache-2.0
import type { OutboundRecord } from '@nervus/messaging';
import { KafkaClientError, nameOf } from '@nervus/messaging/adapter';
import { type MessageRecord, NumericMap, ProduceAcks, produceV11, ProtocolError } from '@platformatic/kafka';
import type { Cluster, TopicInfo } from './cluster.js';
import { partitionOfKey, Turns } from './partitioning.js';

const brokerTimeoutMs = 30_000;
const noError = 0;
/** The broker has these records under these numbers already. */
const duplicate = 46;
/** Sequence numbers are 31 bits and begin again at 0. */
const sequenceMask = 0x7f_ff_ff_ff;

/** Under which a process numbers what it writes, and how far it came in each partition. */
export interface ProducerId {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** The next number, by partition name. */
  readonly sequences: Map<string, number>;
  readonly turns: Turns;
}

interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: MessageRecord[];
  readonly sequence: number;
  acknowledged: boolean;
}

/**
 * The records of one send, one batch for each partition.
 *
 * Invariant: partitions and numbers are chosen once. However often a batch goes out, it is the same records under the
 * same numbers, which the broker writes once.
 */
export class Batches {
  private constructor(
    readonly records: readonly OutboundRecord[],
    private readonly id: ProducerId,
    private readonly batches: readonly Batch[],
  ) {}

  /** @throws KafkaClientError or what the library throws: a topic does not exist, or no broker can be asked */
  static async of(records: readonly OutboundRecord[], id: ProducerId, cluster: Cluster): Promise<Batches> {
    const topics = await cluster.retrying(() => topicsOf(cluster, [...new Set(records.map(({ topic }) => topic))]));
    const byName = new Map<string, Batch>();
    for (const record of records) {
      const { topic, key } = record;
      const partitions = topics.get(topic)!.leaders.length;
      const partition = key === null ? id.turns.of(topic, partitions) : partitionOfKey(key, partitions);
      const name = nameOf({ topic, partition });
      let batch = byName.get(name);
      if (!batch) {
        batch = { topic, partition, messages: [], sequence: id.sequences.get(name) ?? 0, acknowledged: false };
        byName.set(name, batch);
      }
      batch.messages.push(messageOf(record, partition));
    }
    for (const [name, { sequence, messages }] of byName) id.sequences.set(name, (sequence + messages.length) & sequenceMask);
    return new Batches(records, id, [...byName.values()]);
  }

  /** Resolves when the broker has all of them. @throws what the library throws */
  acknowledged(cluster: Cluster): Promise<void> {
    return cluster.retrying(() => this.#try(cluster));
  }

  async #try(cluster: Cluster): Promise<void> {
    const open = this.batches.filter(({ acknowledged }) => !acknowledged);
    const topics = await topicsOf(cluster, [...new Set(open.map(({ topic }) => topic))]);
    const byLeader = [...Map.groupBy(open, ({ topic, partition }) => topics.get(topic)!.leaders[partition] ?? -1)];
    const results = await Promise.allSettled(byLeader.map(([node, batches]) => this.#sendTo(cluster, node, batches)));
    const failed = results.find((result) => result.status === 'rejected');
    if (!failed) return;
    for (const { topic } of open) cluster.forget(topic);
    throw failed.reason as Error;
  }

  async #sendTo(cluster: Cluster, node: number, batches: readonly Batch[]): Promise<void> {
    if (node < 0) throw new KafkaClientError('broker_unreachable', `a partition of ${batches[0]?.topic} has no leader at the moment`, true);
    const { producerId, producerEpoch } = this.id;
    const sequences = new NumericMap();
    for (const { topic, partition, sequence } of batches) sequences.set(`${topic}:${partition}`, sequence);
    const answer = await cluster.call({ node }, produceV11.api, ProduceAcks.ALL, brokerTimeoutMs, batches.flatMap(({ messages }) => messages), { producerId, producerEpoch, sequences }).catch((error: unknown) => {
      // One partition that is refused makes the library reject the answer about all of them; it is in the error.
      const { response } = error as { response?: produceV11.ProduceResponse };
      if (!response) throw error;
      return response;
    });
    if (typeof answer === 'boolean') throw new TypeError('a broker that must acknowledge did not answer');
    const byName = new Map(batches.map((batch) => [nameOf(batch), batch]));
    let refused: number | undefined;
    for (const { name, partitionResponses } of answer.responses) {
      for (const { index, errorCode } of partitionResponses) {
        const batch = byName.get(nameOf({ topic: name, partition: index }));
        if (batch && (errorCode === noError || errorCode === duplicate)) batch.acknowledged = true;
        else refused ??= errorCode;
      }
    }
    if (refused !== undefined) throw new ProtocolError(refused);
  }
}

/** @throws ProtocolError that a topic does not exist, which may pass: it may just have been made */
async function topicsOf(cluster: Cluster, names: readonly string[]): Promise<ReadonlyMap<string, TopicInfo>> {
  const topics = await cluster.topics(names);
  if (topics.size < names.length) throw new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION');
  return topics;
}

/** Header names come again and again. */
const headerNames = new Map<string, Buffer>();
const remembered = 1_000;

function messageOf({ topic, key, value, headers }: OutboundRecord, partition: number): MessageRecord {
  const map = new Map<Buffer, Buffer>();
  for (const name in headers) {
    const given = headers[name]!;
    // A name that stands twice is two keys: the map tells them apart because they are two buffers.
    if (Buffer.isBuffer(given)) map.set(headerName(name), given);
    else for (const one of given) map.set(Buffer.from(name), one);
  }
  // The library writes null, which its type does not say.
  return { topic, partition, headers: map, key, value } as unknown as MessageRecord;
}

function headerName(name: string): Buffer {
  let bytes = headerNames.get(name);
  if (!bytes) {
    bytes = Buffer.from(name);
    if (headerNames.size < remembered) headerNames.set(name, bytes);
  }
  return bytes;
}
