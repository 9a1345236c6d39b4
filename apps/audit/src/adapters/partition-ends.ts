// SPDX-License-Identifier: Apache-2.0
import type { Admin, KafkaClient } from '@nervus/messaging';
import type { PartitionEnd, PartitionProgress } from '../domain/partition-progress.js';

/** Asks the broker how far partitions reach. Connects when it is first asked. */
export class PartitionEnds {
  private admin: Promise<Admin> | undefined;

  constructor(
    private readonly client: KafkaClient,
    private readonly progress: PartitionProgress,
    private readonly now: () => number,
  ) {}

  /** Where the group goes on: what is before that was logged by a process before this one. */
  async begin(groupId: string, topics: readonly string[]): Promise<void> {
    const committed = await (await this.connected()).committedOffsets(groupId, topics);
    for (const { topic, partition, offset } of committed) this.progress.settled(topic, partition, offset, -Infinity);
  }

  /** Puts the ends of these topics, as they are now, into the progress, and gives them. */
  async ask(topics: readonly string[]): Promise<ReadonlyMap<string, readonly PartitionEnd[]>> {
    const [askedAt, askedSteady] = [this.now(), performance.now()];
    const admin = await this.connected();
    const ends = new Map(await Promise.all(topics.map(async (topic) => [topic, await admin.endOffsets(topic)] as const)));
    for (const [topic, partitions] of ends) this.progress.ends(topic, partitions, askedAt, askedSteady);
    return ends;
  }

  async close(): Promise<void> {
    await (await this.admin)?.close();
  }

  private connected(): Promise<Admin> {
    this.admin ??= this.client.admin().catch((error: Error) => {
      this.admin = undefined;
      throw error;
    });
    return this.admin;
  }
}
