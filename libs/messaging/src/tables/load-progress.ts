// SPDX-License-Identifier: Apache-2.0
import type { PartitionEnds, TopicPartition } from '../port.js';

interface Goal {
  readonly end: bigint;
  readonly reached: () => void;
}

/**
 * How far every partition has been taken in, and who waits for it.
 *
 * Invariant: a position only grows, and a goal is reached when the position is at or past its end.
 */
export class LoadProgress {
  private readonly positions = new Map<string, bigint>();
  private readonly goals = new Map<string, Goal[]>();

  /** Everything of the partition below this offset was taken in. */
  advance(partition: TopicPartition, position: bigint): void {
    const name = nameOf(partition);
    if (position <= this.positionOf(name)) return;
    this.positions.set(name, position);
    const goals = this.goals.get(name);
    if (!goals) return;
    this.goals.set(name, goals.filter((goal) => goal.end > position));
    for (const goal of goals) if (goal.end <= position) goal.reached();
  }

  /** Resolves when all of the partitions were taken in to these ends; an empty partition is from the beginning. */
  async reaches(ends: readonly PartitionEnds[]): Promise<void> {
    await Promise.all(this.missing(ends).map((end) => this.wait(end)));
  }

  /** Those of the ends that are not reached. */
  missing(ends: readonly PartitionEnds[]): PartitionEnds[] {
    return ends.filter((end) => !this.isAt(end));
  }

  private isAt({ topic, partition, low, high }: PartitionEnds): boolean {
    return high === low || this.positionOf(nameOf({ topic, partition })) >= high;
  }

  private wait({ topic, partition, high }: PartitionEnds): Promise<void> {
    const name = nameOf({ topic, partition });
    return new Promise((resolve) => {
      const goals = this.goals.get(name);
      const goal = { end: high, reached: resolve };
      if (goals) goals.push(goal);
      else this.goals.set(name, [goal]);
    });
  }

  private positionOf(name: string): bigint {
    return this.positions.get(name) ?? 0n;
  }
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
