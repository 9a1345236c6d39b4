// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';

/** When the broker appended the records of each partition of a topic, oldest first, in milliseconds since the epoch. */
export type AppendTimes = ReadonlyMap<number, readonly number[]>;

/** Reads the append times of some topics up to the ends seen at the call; values are not kept. */
export async function appendTimes(brokers: readonly string[], topics: readonly string[]): Promise<ReadonlyMap<string, AppendTimes>> {
  const kafka = new Kafka({ brokers: [...brokers], clientId: 'rolling-reader', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const found = new Map(topics.map((topic) => [topic, new Map<number, number[]>()]));
  const missing = new Map<string, bigint>();
  for (const topic of topics) {
    for (const { partition, high, low } of await admin.fetchTopicOffsets(topic)) if (BigInt(high) > BigInt(low)) missing.set(`${topic} ${partition}`, BigInt(high) - 1n);
  }
  const groupId = `rolling-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    consumer.run({
      autoCommit: false,
      eachBatch: ({ batch: { topic, partition, messages } }) => {
        const times = found.get(topic)?.get(partition) ?? [];
        found.get(topic)?.set(partition, times);
        for (const { timestamp } of messages) times.push(Number(timestamp));
        const end = missing.get(`${topic} ${partition}`);
        if (end !== undefined && BigInt(messages.at(-1)?.offset ?? -1) >= end) missing.delete(`${topic} ${partition}`);
        if (missing.size === 0) resolve();
        return Promise.resolve();
      },
    }).catch(reject);
  });
  await consumer.disconnect();
  await admin.deleteGroups([groupId]);
  await admin.disconnect();
  return found;
}
