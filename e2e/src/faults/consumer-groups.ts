// SPDX-License-Identifier: Apache-2.0
import { until } from '@nervus/fault-harness';
import { type Admin, Kafka, logLevel } from 'kafkajs';

const emptyWithinMs = 60_000;

/** What the broker knows of the consumer groups of the services. The group of a service is named like it. */
export class ConsumerGroups {
  constructor(private readonly brokers: readonly string[]) {}

  /** Resolves when the broker has put every member out of the group, as it does when one was silent for its session. */
  async abandoned(group: string, limitMs: number, signal: AbortSignal): Promise<void> {
    await this.ask((admin) => until(`the broker has given up the members of ${group}`, { limitMs, signal, everyMs: 500 }, async () => (await members(admin, group)) === 0));
  }

  /**
   * Sets what an empty group has committed back by so many records in each partition, or to the beginning.
   * @returns how many records will be delivered again
   */
  async rewind(group: string, records: bigint, signal: AbortSignal): Promise<bigint> {
    return this.ask(async (admin) => {
      await until(`group ${group} has no members`, { limitMs: emptyWithinMs, signal, everyMs: 250 }, async () => (await members(admin, group)) === 0);
      let again = 0n;
      for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group })) {
        const lows = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, low }) => [partition, BigInt(low)]));
        const moved = partitions.flatMap(({ partition, offset }) => {
          const committed = BigInt(offset);
          const low = lows.get(partition) ?? 0n;
          const back = committed - records > low ? committed - records : low;
          if (committed <= back) return [];
          again += committed - back;
          return [{ partition, offset: back.toString() }];
        });
        if (moved.length > 0) await admin.setOffsets({ groupId: group, topic, partitions: moved });
      }
      return again;
    });
  }

  private async ask<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = new Kafka({ brokers: [...this.brokers], clientId: 'faults', logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }
}

async function members(admin: Admin, group: string): Promise<number> {
  const { groups } = await admin.describeGroups([group]);
  return groups[0]?.members.length ?? 0;
}
