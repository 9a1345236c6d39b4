// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { Kafka } from 'kafkajs';
import { KafkaJsAdmin } from './admin.js';

/** A client that, as kafkajs does among several brokers, forgets a topic when it is asked about another one meanwhile. */
class ForgetfulAdmin {
  private asked = '';
  async connect(): Promise<void> {}
  listTopics = async (): Promise<string[]> => ['a', 'b', 'c'];
  fetchTopicMetadata = async ({ topics }: { topics: string[] }) => {
    this.asked = topics.join();
    return { topics: topics.map((name) => ({ name, partitions: [{ partitionId: 0 }] })) };
  };
  fetchTopicOffsets = async (topic: string) => {
    this.asked = topic;
    await new Promise(setImmediate);
    if (this.asked !== topic) throw new TypeError("Cannot destructure property 'partitions' of 'low.pop(...)' as it is undefined.");
    if (topic === 'b') throw new Error('b has no leader');
    return [{ partition: 0, offset: '1', high: '1', low: '0' }];
  };
}

it('offsets of several topics can be asked for at once, and one that fails does not hold up the others', async () => {
  const admin = await KafkaJsAdmin.connect({ admin: () => new ForgetfulAdmin() } as unknown as Kafka, () => undefined);
  const [a, b, c] = await Promise.allSettled(['a', 'b', 'c'].map((topic) => admin.endOffsets(topic)));
  expect(a).toMatchObject({ status: 'fulfilled', value: [{ topic: 'a', high: 1n }] });
  expect(b).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('b has no leader') } });
  expect(c).toMatchObject({ status: 'fulfilled', value: [{ topic: 'c', high: 1n }] });
});
