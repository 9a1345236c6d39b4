// SPDX-License-Identifier: Apache-2.0
import type { CommitRequest, TopicPartition } from '../port.js';

/** A consumer as its group sees it. */
export interface GroupMember {
  readonly topics: readonly string[];
  rebalancing(): void;
  assigned(generation: number, partitions: readonly TopicPartition[]): void;
}

/**
 * One consumer group: eager assignment, a new generation with every rebalance, commits fenced by it.
 *
 * Invariant: a partition belongs to at most one member; a commit counts only under the generation in which its member
 * holds the partition.
 */
export class MemoryGroup {
  readonly committed = new Map<string, bigint>();
  readonly members: GroupMember[] = [];
  generation = 0;
  private owners = new Map<string, GroupMember>();
  private held = 0;

  constructor(private readonly partitionsOf: (topic: string) => number) {}

  join(member: GroupMember): void {
    this.members.push(member);
    this.rebalance();
  }

  leave(member: GroupMember): void {
    const at = this.members.indexOf(member);
    if (at === -1) return;
    this.members.splice(at, 1);
    this.rebalance();
  }

  /** Begins a rebalance and leaves it open; the result ends it. */
  hold(): () => void {
    this.held++;
    for (const member of this.members.slice()) member.rebalancing();
    return () => {
      this.held--;
      this.assign();
    };
  }

  rebalance(): void {
    for (const member of this.members.slice()) member.rebalancing();
    this.assign();
  }

  owns(member: GroupMember, partition: TopicPartition): boolean {
    return this.owners.get(nameOf(partition)) === member;
  }

  commit(member: GroupMember, requests: readonly CommitRequest[]): void {
    for (const request of requests) {
      if (request.generation === this.generation && this.owns(member, request)) this.committed.set(nameOf(request), request.offset);
    }
  }

  private assign(): void {
    if (this.held > 0) return;
    this.generation++;
    this.owners = new Map();
    const assignments = new Map<GroupMember, TopicPartition[]>(this.members.map((member) => [member, []]));
    const topics = [...new Set(this.members.flatMap((member) => member.topics))].sort();
    let turn = 0;
    for (const topic of topics) {
      const subscribed = this.members.filter((member) => member.topics.includes(topic));
      for (let partition = 0; partition < this.partitionsOf(topic); partition++) {
        const member = subscribed[turn++ % subscribed.length]!;
        assignments.get(member)!.push({ topic, partition });
        this.owners.set(nameOf({ topic, partition }), member);
      }
    }
    const { generation } = this;
    for (const [member, partitions] of assignments) if (this.generation === generation) member.assigned(generation, partitions);
  }
}

export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
