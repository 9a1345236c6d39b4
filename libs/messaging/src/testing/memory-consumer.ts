// SPDX-License-Identifier: Apache-2.0
import type { CommitRequest, Consumer, ConsumerHandlers, ConsumerOptions, TopicPartition } from '../port.js';
import type { MemoryBroker } from './memory-broker.js';
import { type GroupMember, type MemoryGroup, nameOf } from './memory-group.js';

/** Reading of one partition under one generation; a rebalance ends it for good. */
interface Fetching extends TopicPartition {
  readonly generation: number;
  ended: boolean;
  busy: boolean;
}

/**
 * A consumer of the memory broker.
 *
 * Invariant: at most one `onBatch` per partition runs under the current generation, in offset order.
 */
export class MemoryConsumer implements Consumer, GroupMember {
  readonly topics: readonly string[];
  private handlers: ConsumerHandlers | undefined;
  private fetchings = new Map<string, Fetching>();
  private readonly paused = new Set<string>();
  /** Next offset to hand over of every partition that ever was ours. */
  private readonly positions = new Map<string, bigint>();
  private closed = false;

  constructor(
    private readonly broker: MemoryBroker,
    private readonly group: MemoryGroup,
    readonly options: ConsumerOptions,
    private readonly maxFetchBytes: number,
  ) {
    this.topics = options.topics.map(({ topic }) => topic);
  }

  async run(handlers: ConsumerHandlers): Promise<void> {
    if (this.handlers) throw new Error('this consumer runs already');
    this.handlers = handlers;
    this.group.join(this);
  }

  async commit(requests: readonly CommitRequest[]): Promise<void> {
    await this.broker.faults.beforeCommit();
    if (this.closed) return;
    this.group.commit(this, requests);
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.paused.add(nameOf(partition));
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.paused.delete(nameOf(partition));
    this.fetch();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.end();
    this.group.leave(this);
  }

  /** The client dies: it leaves its group, hands nothing over any more and says so. */
  crash(error: Error): void {
    if (this.closed) return;
    this.end();
    this.group.leave(this);
    this.handlers?.onCrash(error);
  }

  rebalancing(): void {
    for (const fetching of this.fetchings.values()) fetching.ended = true;
    this.handlers?.onRebalance();
  }

  assigned(generation: number, partitions: readonly TopicPartition[]): void {
    this.fetchings = new Map();
    const ours = new Set(partitions.map(nameOf));
    for (const name of this.paused) if (!ours.has(name)) this.paused.delete(name);
    for (const { topic, partition } of partitions) {
      const name = nameOf({ topic, partition });
      this.positions.set(name, this.group.committed.get(name) ?? this.uncommittedStart(topic, partition));
      this.fetchings.set(name, { topic, partition, generation, ended: false, busy: false });
    }
    this.handlers!.onAssigned(generation, partitions);
    this.fetch();
  }

  /** Hands over what is there; called whenever something may have changed. */
  fetch(): void {
    for (const fetching of this.fetchings.values()) if (!fetching.busy) void this.pump(fetching);
  }

  private async pump(fetching: Fetching): Promise<void> {
    const name = nameOf(fetching);
    fetching.busy = true;
    // Records that are written in one turn arrive in one fetch.
    await Promise.resolve();
    while (!fetching.ended && !this.paused.has(name) && this.broker.faults.reachable) {
      const topic = this.broker.topic(fetching.topic);
      const records = topic.read(fetching.partition, this.positions.get(name)!, this.maxFetchBytes);
      if (records.length === 0) break;
      this.positions.set(name, records.at(-1)!.offset + 1n);
      try {
        await this.handlers!.onBatch({ topic: fetching.topic, partition: fetching.partition, records, generation: fetching.generation, highWatermark: topic.end(fetching.partition) });
      } catch (error) {
        this.crash(new Error('the batch handler rejected', { cause: error }));
      }
    }
    fetching.busy = false;
  }

  private uncommittedStart(topic: string, partition: number): bigint {
    const from = this.options.topics.find((subscribed) => subscribed.topic === topic)?.from;
    if (from !== 'end') return 0n;
    return this.positions.get(nameOf({ topic, partition })) ?? this.broker.topic(topic).end(partition);
  }

  private end(): void {
    this.closed = true;
    for (const fetching of this.fetchings.values()) fetching.ended = true;
    this.broker.forget(this);
  }
}
