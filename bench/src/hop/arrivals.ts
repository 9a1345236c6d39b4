// SPDX-License-Identifier: Apache-2.0
import type { Consumer, KafkaClient } from '@nervus/messaging';

const boundMs = 30_000;
const lookMs = 20;

/** When the output of each record was read. */
export class Arrivals {
  private readonly at = new Map<string, number>();

  private constructor(private readonly consumer: Consumer) {}

  /** Reads from now on; the last part of a record's key is its subject. */
  static async of(client: KafkaClient, topics: readonly string[], groupId: string): Promise<Arrivals> {
    const consumer = await client.consumer({ groupId, topics: topics.map((topic) => ({ topic, from: 'end' })) });
    const arrivals = new Arrivals(consumer);
    await consumer.run({
      onBatch: ({ records }) => {
        const now = performance.now();
        for (const { key } of records) arrivals.at.set(String(key).slice(String(key).lastIndexOf('/') + 1), now);
        return Promise.resolve();
      },
      onRebalance: () => undefined,
      onAssigned: () => undefined,
      onCrash: (error) => {
        throw error;
      },
    });
    return arrivals;
  }

  /** Milliseconds from each send to its output, in the order of sending. @throws Error when some never came */
  async ofAll(sentAt: ReadonlyMap<string, number>): Promise<number[]> {
    const until = performance.now() + boundMs;
    for (const subject of sentAt.keys()) {
      while (!this.at.has(subject)) {
        if (performance.now() > until) throw new Error(`the output of ${subject} did not come within ${boundMs} ms: the hop lost records`);
        await new Promise((resolve) => setTimeout(resolve, lookMs));
      }
    }
    const latencies = [...sentAt].map(([subject, at]) => this.at.get(subject)! - at);
    this.at.clear();
    return latencies;
  }

  async close(): Promise<void> {
    await this.consumer.close();
  }
}
