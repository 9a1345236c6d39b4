// SPDX-License-Identifier: Apache-2.0

interface Progress {
  /** First offset that is not settled. */
  position: bigint | undefined;
  /** Append time of the newest settled record. */
  newest: number;
  /** Up to which instant everything that had been written is settled, by asking for the end. */
  endAsked: number;
  /** The same on this process's own steady clock. */
  endAskedSteady: number;
}

/** One moment by two clocks, in milliseconds. */
export interface Moment {
  /** Of the brokers, since the epoch. */
  readonly appendedAt: number;
  /** Of this process: no clock that can be set. */
  readonly steady: number;
}

/** The end of a partition at an instant. */
export interface PartitionEnd {
  readonly partition: number;
  readonly low: bigint;
  /** First offset not yet written. */
  readonly high: bigint;
}

/**
 * How far each partition has been read and logged, told in time: whether everything that a broker appended before an
 * instant is in the log. It costs nothing but memory until somebody asks for ends.
 */
export class PartitionProgress {
  private readonly topics = new Map<string, Map<number, Progress>>();

  /** Records of a partition up to the one before `next` are settled; the newest of them was appended at this instant. */
  settled(topic: string, partition: number, next: bigint, appendedAt: number): void {
    const progress = this.of(topic, partition);
    if (progress.position === undefined || next > progress.position) progress.position = next;
    progress.newest = Math.max(progress.newest, appendedAt);
  }

  /** The ends of all partitions of a topic, asked at this instant (milliseconds, before the question was sent) by the wall clock and by the steady one. */
  ends(topic: string, ends: readonly PartitionEnd[], askedAt: number, askedSteady: number): void {
    for (const { partition, low, high } of ends) {
      const progress = this.of(topic, partition);
      if (high === low || (progress.position !== undefined && progress.position >= high)) {
        progress.endAsked = Math.max(progress.endAsked, askedAt);
        progress.endAskedSteady = Math.max(progress.endAskedSteady, askedSteady);
      }
    }
  }

  /**
   * Whether everything that the brokers appended to the topic up to this moment is settled: something newer is, or the
   * end was reached when it was asked for afterwards. Never by a clock that may be set: a record would be taken for
   * missing because the clock was ahead. False for a topic whose ends were never asked.
   */
  isPast(topic: string, moment: Moment): boolean {
    const partitions = this.topics.get(topic);
    if (!partitions || partitions.size === 0) return false;
    for (const { newest, endAskedSteady } of partitions.values()) if (newest <= moment.appendedAt && endAskedSteady < moment.steady) return false;
    return true;
  }

  /** The instant up to which everything appended to these topics is settled; -Infinity before all of their ends were asked. */
  settledThrough(topics: Iterable<string>): number {
    let through = Infinity;
    for (const topic of topics) {
      const partitions = this.topics.get(topic);
      if (!partitions || partitions.size === 0) return -Infinity;
      for (const { newest, endAsked } of partitions.values()) through = Math.min(through, Math.max(newest, endAsked));
    }
    return through;
  }

  private of(topic: string, partition: number): Progress {
    let partitions = this.topics.get(topic);
    if (!partitions) this.topics.set(topic, (partitions = new Map()));
    let progress = partitions.get(partition);
    if (!progress) partitions.set(partition, (progress = { position: undefined, newest: -Infinity, endAsked: -Infinity, endAskedSteady: -Infinity }));
    return progress;
  }
}
