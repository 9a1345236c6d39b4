// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { Kafka, type KafkaMessage, logLevel } from 'kafkajs';

/** One record as it stands in Kafka. */
export interface StoredRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer | null;
  /** The broker's append time, milliseconds since the epoch. */
  readonly appendedAt: number;
}

/** Every record of some topics, up to the ends seen at the call, oldest first in each partition. */
export async function readTopics(brokers: readonly string[], topics: readonly string[]): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  await readToEnd(brokers, topics, (topic, partition, message) => void found.push(storedRecord(topic, partition, message)));
  return found;
}

/** Gives every record of some topics, up to the ends seen at the call, oldest first in each partition. */
export async function readToEnd(brokers: readonly string[], topics: readonly string[], take: (topic: string, partition: number, message: KafkaMessage) => void): Promise<void> {
  const kafka = new Kafka({ brokers: [...brokers], clientId: 'e2e-reader', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const missing = new Map<string, bigint>();
  for (const topic of topics) {
    for (const { partition, high, low } of await admin.fetchTopicOffsets(topic)) if (BigInt(high) > BigInt(low)) missing.set(`${topic} ${partition}`, BigInt(high) - 1n);
  }
  const groupId = `e2e-${randomUUID()}`;
  if (missing.size > 0) {
    const consumer = kafka.consumer({ groupId });
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      consumer.run({
        autoCommit: false,
        eachMessage: ({ topic, partition, message }) => {
          take(topic, partition, message);
          if (BigInt(message.offset) >= (missing.get(`${topic} ${partition}`) ?? -1n)) missing.delete(`${topic} ${partition}`);
          if (missing.size === 0) resolve();
          return Promise.resolve();
        },
      }).catch(reject);
    });
    await consumer.disconnect();
    await admin.deleteGroups([groupId]);
  }
  await admin.disconnect();
}

function storedRecord(topic: string, partition: number, { offset, key, headers, value, timestamp }: KafkaMessage): StoredRecord {
  return { topic, partition, offset, key: String(key), headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)])), value, appendedAt: Number(timestamp) };
}
