// SPDX-License-Identifier: Apache-2.0
import type { PartitionEnds, TopicPartition } from '../port.js';
import { nameOf } from './membership.js';

export interface Position extends TopicPartition {
  readonly offset: bigint;
}

/**
 * Where to read a partition that has no committed offset.
 *
 * A client library would ask for "the end" anew with every join and only with its first fetch: a group that never
 * commits (broadcasts, tables) would skip what was written while it rejoined, and even what was written right after it
 * had begun. So the ends are asked once, before joining; after a rejoin a partition that stayed ours goes on behind
 * what was taken. A partition that was ever committed is left to its committed offset.
 */
export class StartPositions {
  readonly #positions = new Map<string, bigint>();
  readonly #left: Set<string>;
  #joinedBefore = false;

  /**
   * @param ends of the topics that are read from the end
   * @param committed partitions for which the group has an offset
   */
  constructor(ends: readonly PartitionEnds[], committed: readonly TopicPartition[]) {
    this.#left = new Set(committed.map(nameOf));
    for (const end of ends) if (!this.#left.has(nameOf(end))) this.#positions.set(nameOf(end), end.high);
  }

  /** Everything before `next` was taken in. */
  taken(partition: TopicPartition, next: bigint): void {
    const name = nameOf(partition);
    if (!this.#left.has(name)) this.#positions.set(name, next);
  }

  /** From now on the committed offset says where to read. */
  committed(partition: TopicPartition): void {
    const name = nameOf(partition);
    this.#left.add(name);
    this.#positions.delete(name);
  }

  /** Another process has the partition now: what we know of it is old when it comes back. */
  gone(partition: TopicPartition): void {
    this.#positions.delete(nameOf(partition));
  }

  /** Where to begin or go on, if it is not for the committed offset to say. */
  of(partition: TopicPartition): bigint | undefined {
    return this.#positions.get(nameOf(partition));
  }

  /**
   * Where to go on after a join that deals out all partitions anew.
   * @param kept those that were ours before
   */
  after(partitions: readonly TopicPartition[], kept: ReadonlySet<string>): Position[] {
    for (const name of this.#joinedBefore ? this.#positions.keys() : []) if (!kept.has(name)) this.#positions.delete(name);
    this.#joinedBefore = true;
    return partitions.flatMap((partition) => {
      const offset = this.of(partition);
      return offset === undefined ? [] : [{ ...partition, offset }];
    });
  }
}
