// SPDX-License-Identifier: Apache-2.0
import type { CommitRequest, TopicPartition } from '../port.js';

/** A name for a partition that can be a key of a map. */
export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/**
 * What this process holds of its group: a generation of our own (not every client library tells one), counted up with every join, and
 * the partitions that are ours under it.
 *
 * Invariant: what was received under a generation counts only until the next join.
 */
export class Membership {
  #generation = 0;
  #stable = false;
  #assigned = new Map<string, TopicPartition>();

  get generation(): number {
    return this.#generation;
  }

  /** False from the beginning of a rebalance to the next join. */
  get stable(): boolean {
    return this.#stable;
  }

  get assigned(): ReadonlyMap<string, TopicPartition> {
    return this.#assigned;
  }

  /** Returns whether this was the first to notice. */
  lose(): boolean {
    const first = this.#stable;
    this.#stable = false;
    return first;
  }

  join(partitions: readonly TopicPartition[]): void {
    this.#generation++;
    this.#assigned = new Map(partitions.map((partition) => [nameOf(partition), partition]));
    this.#stable = true;
  }

  /** Those that may still be committed. */
  committable(requests: readonly CommitRequest[]): CommitRequest[] {
    return requests.filter((request) => request.generation === this.#generation && this.#assigned.has(nameOf(request)));
  }
}
