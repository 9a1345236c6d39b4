// SPDX-License-Identifier: Apache-2.0

/** Headers as Kafka has them: a name may stand more than once. */
export type RecordHeaders = Readonly<Record<string, Buffer | readonly Buffer[]>>;

/** A record as it was read; nothing is decoded or believed yet. */
export interface InboundRecord {
  /** Physical topic, with prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  /** Null for a tombstone. */
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  /** The broker's append time, milliseconds since the epoch (LogAppendTime). */
  readonly timestamp: number;
}

/** A record to be written, its bytes final. */
export interface OutboundRecord {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** The next offset to read of one partition, and the generation under which the finished records were received. */
export interface CommitRequest extends TopicPartition {
  readonly offset: bigint;
  readonly generation: number;
}

/**
 * Idempotent producer, acks=all. Records of one `send` to one partition keep their order; concurrent sends do not:
 * await one before the next where order matters.
 */
export interface Producer {
  /**
   * Resolves when Kafka acknowledged all of them. The caller keeps a send below 400 KB.
   * @throws ProducerError; `retryable` says whether the identical records may be sent again.
   */
  send(records: readonly OutboundRecord[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Records of one partition in offset order. `generation` is the one in force when they are handed over; a batch that
 * comes with an older one is dropped by the receiver and must be handed over again under the newer one if the partition
 * was kept. A batch that waits for room while a new generation begins is still taken in if its partition was kept; an
 * adapter whose partitions are interrupted by a rebalance hands it over again all the same, and it is recognised.
 */
export interface PartitionBatch extends TopicPartition {
  readonly records: readonly InboundRecord[];
  readonly generation: number;
  /** First offset not yet written to the partition when the batch was fetched. */
  readonly highWatermark: bigint;
}

export interface ConsumerHandlers {
  /**
   * Takes records in. Resolves as soon as there is room for more; until then the adapter keeps the lease alive and
   * fetches nothing more for that partition. Never rejects for a handler's failure.
   */
  onBatch(batch: PartitionBatch): Promise<void>;
  /**
   * A rebalance has begun: no new work may start under an older generation, and what is finished should be committed
   * now. An adapter with an incremental protocol names the partitions that leave: the others are not concerned. One that
   * has lost all of its leases names none, and `onAssigned` without partitions follows at once.
   */
  onRebalance(leaving?: readonly TopicPartition[]): void;
  /**
   * The partitions that are ours under the new generation; in-flight work of all others is void. It comes without an
   * `onRebalance` before it when partitions are only added. Reading goes on at the committed offset; without one, where reading stopped if the partition was ours before, else where `from` says.
   */
  onAssigned(generation: number, partitions: readonly TopicPartition[]): void;
  /** The client died and will not come back by itself: the process must end. */
  onCrash(error: Error): void;
}

export interface ConsumerOptions {
  readonly groupId: string;
  /** Physical topics, and where to begin when the group has no offset. */
  readonly topics: readonly { readonly topic: string; readonly from: 'beginning' | 'end' }[];
  /**
   * Milliseconds to rest after a fetch that brought something. Every fetch costs client and broker the same, however
   * little it brings, so who reads much and need not be prompt should rest. @default 0
   */
  readonly restMs?: number;
  /**
   * The group ends with this process: it is no member that comes back, also where the client was given an instance id.
   * @default false
   */
  readonly ephemeral?: boolean;
}

export interface Consumer {
  /** Joins the group and begins; resolves once partitions are assigned (also if none). */
  run(handlers: ConsumerHandlers): Promise<void>;
  /**
   * One request for all partitions; entries of an older generation or of partitions no longer ours are dropped silently.
   * Rejects when the broker could not be asked or refused: what was not committed may be committed again later.
   */
  commit(requests: readonly CommitRequest[]): Promise<void>;
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** Leaves the group. What should be committed is committed before: commits after this are dropped. */
  close(): Promise<void>;
}

export interface PartitionEnds extends TopicPartition {
  readonly low: bigint;
  /** First offset not yet written. */
  readonly high: bigint;
}

export interface TopicConfiguration {
  readonly topic: string;
  readonly partitions: number;
  /** Broker names, such as `retention.ms`. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface Admin {
  /** What exists of the topics asked for. */
  describeTopics(topics: readonly string[]): Promise<readonly TopicConfiguration[]>;
  /** Creates what is missing; existing topics are left as they are. */
  createTopics(topics: readonly TopicConfiguration[], replication: { factor: number; minInSync: number }): Promise<void>;
  /** Adds partitions and changes settings of topics that exist; what is not named stays as it is. Partitions are never taken away. */
  alterTopics(topics: readonly TopicConfiguration[]): Promise<void>;
  endOffsets(topic: string): Promise<readonly PartitionEnds[]>;
  /** Of each partition the first offset appended at or after the instant (milliseconds since the epoch), else its end. */
  offsetsAt(topic: string, instantMs: number): Promise<readonly (TopicPartition & { readonly offset: bigint })[]>;
  /** Committed next offsets of a group; partitions without one are absent. */
  committedOffsets(groupId: string, topics: readonly string[]): Promise<readonly (TopicPartition & { readonly offset: bigint })[]>;
  /** Says where a group goes on. It must have no members. */
  setOffsets(groupId: string, offsets: readonly (TopicPartition & { readonly offset: bigint })[]): Promise<void>;
  deleteGroup(groupId: string): Promise<void>;
  close(): Promise<void>;
}

/** One Kafka client library behind the port. */
export interface KafkaClient {
  producer(): Promise<Producer>;
  consumer(options: ConsumerOptions): Promise<Consumer>;
  admin(): Promise<Admin>;
}

/** What a producer's send failed with. */
export class ProducerError extends Error {
  override readonly name = 'ProducerError';
  constructor(
    message: string,
    readonly code: string,
    /** True: the identical records may be sent again, perhaps after a reconnect. */
    readonly retryable: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
