// SPDX-License-Identifier: Apache-2.0
// A leader that moves between two answers cannot be had from real brokers at will, so kafkajs is replaced here by what it
// does then: it leaves out a partition and resolves.
import type { OutboundRecord } from '@nervus/messaging';
import type { Kafka, PartitionMetadata, ProducerBatch, ProducerConfig } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { KafkaJsProducer } from './producer.js';

const partitionMetadata: PartitionMetadata[] = [0, 1, 2].map((partitionId) => ({ partitionErrorCode: 0, partitionId, leader: partitionId, replicas: [], isr: [] }));

/** Brokers that lead a partition each. */
class Brokers {
  readonly written: string[] = [];
  sends = 0;
  /** In the next send the leader of this partition moves, so that it is left out. */
  leftOut: number | undefined;

  get kafka(): Kafka {
    const producer = ({ createPartitioner }: ProducerConfig) => {
      const partitionOf = createPartitioner!();
      return {
        connect: async () => undefined,
        disconnect: async () => undefined,
        sendBatch: async ({ topicMessages = [] }: ProducerBatch) => {
          this.sends++;
          const answered = new Map<string, { topicName: string; partition: number; errorCode: number }>();
          for (const { topic, messages } of topicMessages) {
            for (const message of messages) {
              const partition = partitionOf({ topic, partitionMetadata, message });
              if (partition === this.leftOut) continue;
              this.written.push(`${topic} ${String(message.value)}`);
              answered.set(`${topic}/${partition}`, { topicName: topic, partition, errorCode: 0 });
            }
          }
          this.leftOut = undefined;
          return [...answered.values()];
        },
      };
    };
    return { producer } as unknown as Kafka;
  }
}

const records: OutboundRecord[] = ['a', 'b'].flatMap((topic) => Array.from({ length: 12 }, (_, n) => ({ topic, key: Buffer.from(`key ${n}`), value: Buffer.from(String(n)), headers: {} })));
const names = records.map(({ topic, value }) => `${topic} ${String(value)}`);

describe('a send to several brokers', () => {
  it.each([0, 1, 2])('is not over while partition %i has not been acknowledged, and nothing is sent twice', async (partition) => {
    const brokers = new Brokers();
    const producer = await KafkaJsProducer.connect(brokers.kafka);
    brokers.leftOut = partition;
    await producer.send(records);
    expect(brokers.sends).toBe(2);
    expect(brokers.written.toSorted()).toEqual(names.toSorted());
  });

  it('is one send when all were acknowledged', async () => {
    const brokers = new Brokers();
    await (await KafkaJsProducer.connect(brokers.kafka)).send(records);
    expect(brokers.sends).toBe(1);
  });

  it('leaves a message without a key where it was, or it would count as acknowledged by the answer for others', async () => {
    const brokers = new Brokers();
    const producer = await KafkaJsProducer.connect(brokers.kafka);
    const keyless = records.map((record) => ({ ...record, key: null }));
    brokers.leftOut = 1;
    await producer.send(keyless);
    expect(brokers.written.toSorted()).toEqual(names.toSorted());
  });

  it('fails, and may be tried again, when a partition is never acknowledged', async () => {
    const brokers = new Brokers();
    Object.defineProperty(brokers, 'leftOut', { get: () => 2, set() {} });
    await expect((await KafkaJsProducer.connect(brokers.kafka)).send(records)).rejects.toMatchObject({ name: 'ProducerError', retryable: true });
  });
});
