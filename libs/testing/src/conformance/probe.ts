// SPDX-License-Identifier: Apache-2.0
import type { Consumer, ConsumerHandlers, InboundRecord, PartitionBatch, TopicPartition } from '@nervus/messaging';

/** Handlers of a consumer that keep everything that they are told. */
export class Probe {
  readonly batches: PartitionBatch[] = [];
  readonly crashes: Error[] = [];
  /** What each rebalance named: the partitions that leave, or nothing for all. */
  readonly leavings: (readonly TopicPartition[] | undefined)[] = [];
  generation = -1;
  assigned: readonly TopicPartition[] = [];
  assignments = 0;
  readonly handlers: ConsumerHandlers;

  constructor(
    readonly consumer: Consumer,
    /** Waited for, record after record, before a batch counts as taken in. */
    hold?: (record: InboundRecord) => Promise<void>,
  ) {
    this.handlers = {
      onBatch: async (batch) => {
        this.batches.push(batch);
        if (hold) for (const record of batch.records) await hold(record);
      },
      onRebalance: (leaving) => {
        this.leavings.push(leaving);
      },
      onAssigned: (generation, partitions) => {
        this.generation = generation;
        this.assigned = partitions;
        this.assignments++;
      },
      onCrash: (error) => {
        this.crashes.push(error);
      },
    };
  }

  get rebalances(): number {
    return this.leavings.length;
  }

  get records(): InboundRecord[] {
    return this.batches.flatMap((batch) => batch.records);
  }

  get values(): string[] {
    return this.records.map((record) => String(record.value));
  }

  recordsOf(partition: number): InboundRecord[] {
    return this.records.filter((record) => record.partition === partition);
  }

  offsetsOf(partition: number): bigint[] {
    return this.recordsOf(partition).map(({ offset }) => offset);
  }

  holds(partition: number): boolean {
    return this.assigned.some((assigned) => assigned.partition === partition);
  }
}
