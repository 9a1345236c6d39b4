// SPDX-License-Identifier: Apache-2.0
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';

export const kafka = (brokers: readonly string[]): Kafka => new Kafka({ clientId: 'infrastructure-test', brokers: [...brokers], logLevel: logLevel.NOTHING });

export async function createTopic(client: Kafka, topic: string, replicationFactor = 1): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, replicationFactor }] });
  await admin.disconnect();
}

/** A producer that gives up at once: what it reported as sent was acknowledged, and nothing else is known. */
export async function strictProducer(client: Kafka): Promise<Producer> {
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner, allowAutoTopicCreation: false, retry: { retries: 0 } });
  await producer.connect();
  return producer;
}

/** The values of a one-partition topic, from its start to what is its end now. */
export async function allValues(client: Kafka, topic: string): Promise<string[]> {
  const admin = client.admin();
  await admin.connect();
  const end = Number((await admin.fetchTopicOffsets(topic))[0]?.high);
  await admin.disconnect();
  const values: string[] = [];
  if (end === 0) return values;
  const consumer = client.consumer({ groupId: `reader-of-${topic}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
    consumer
      .run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          values.push(...batch.messages.map((message) => message.value?.toString() ?? ''));
          if (Number(batch.lastOffset()) >= end - 1) resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return values;
}
