// SPDX-License-Identifier: Apache-2.0
// An answer that is lost after the broker has written the records cannot be had from a real broker at will, so kafkajs
// is replaced here by what it does then: it takes back the numbers of the failed send and gives them to the next one.
import type { OutboundRecord } from '@nervus/messaging';
import type { Kafka, PartitionMetadata, ProducerBatch, ProducerConfig } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { KafkaJsProducer } from './producer.js';

const records = (...values: string[]): OutboundRecord[] => values.map((value) => ({ topic: 't', key: null, value: Buffer.from(value), headers: {} }));
const valuesOf = ({ topicMessages = [] }: ProducerBatch): string[] => topicMessages.flatMap(({ messages }) => messages.map(({ value }) => String(value)));

const partitionMetadata: PartitionMetadata[] = [{ partitionErrorCode: 0, partitionId: 0, leader: 1, replicas: [1], isr: [1] }];

/** A broker that drops what comes again under the numbers of a producer id, and whose answers get lost when told so. */
class Broker {
  readonly log: string[] = [];
  producers = 0;
  inFlight = 0;
  loseAnswers = 0;
  failWith: Error | undefined;

  get kafka(): Kafka {
    const producer = ({ createPartitioner }: ProducerConfig) => {
      this.producers++;
      const partition = createPartitioner!();
      const written = new Map<number, string>();
      let next = 0;
      return {
        connect: async () => undefined,
        disconnect: async () => undefined,
        sendBatch: async (batch: ProducerBatch) => {
          expect(++this.inFlight).toBe(1);
          await Promise.resolve();
          this.inFlight--;
          if (this.failWith) throw this.failWith;
          for (const [at, value] of valuesOf(batch).entries()) {
            if (written.has(next + at)) continue;
            written.set(next + at, value);
            this.log.push(value);
          }
          const answered = (batch.topicMessages ?? []).flatMap(({ topic, messages }) => messages.map((message) => ({ topicName: topic, partition: partition({ topic, partitionMetadata, message }), errorCode: 0 })));
          if (this.loseAnswers-- > 0) throw Object.assign(new Error('timed out'), { name: 'KafkaJSRequestTimeoutError' });
          next += valuesOf(batch).length;
          return answered;
        },
      };
    };
    return { producer } as unknown as Kafka;
  }
}

describe('a producer whose acknowledgement got lost', () => {
  it('other records than those in doubt are never taken for a repetition of them', async () => {
    const broker = new Broker();
    const producer = await KafkaJsProducer.connect(broker.kafka);
    broker.loseAnswers = 1;
    await expect(producer.send(records('a', 'b'))).rejects.toMatchObject({ name: 'ProducerError', retryable: true });
    await producer.send(records('c', 'd'));
    expect(broker.log).toEqual(['a', 'b', 'c', 'd']);
    expect(broker.producers).toBe(2);
  });

  it('the identical records go again under the same numbers, so they are not written twice', async () => {
    const broker = new Broker();
    const producer = await KafkaJsProducer.connect(broker.kafka);
    const chunk = records('a', 'b');
    broker.loseAnswers = 2;
    await expect(producer.send(chunk)).rejects.toMatchObject({ retryable: true });
    await expect(producer.send(chunk)).rejects.toMatchObject({ retryable: true });
    await producer.send(chunk);
    await producer.send(records('c'));
    expect(broker.log).toEqual(['a', 'b', 'c']);
    expect(broker.producers).toBe(1);
  });

  it('sends that nobody awaits stand in line, also behind one that fails', async () => {
    const broker = new Broker();
    const producer = await KafkaJsProducer.connect(broker.kafka);
    broker.loseAnswers = 1;
    const results = await Promise.allSettled(['a', 'b', 'c'].map((value) => producer.send(records(value))));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(broker.log).toEqual(['a', 'b', 'c']);
  });

  it('a broker that has forgotten the numbering gets a new producer, and the records may go again', async () => {
    const broker = new Broker();
    const producer = await KafkaJsProducer.connect(broker.kafka);
    broker.failWith = Object.assign(new Error('out of order'), { type: 'OUT_OF_ORDER_SEQUENCE_NUMBER', retriable: false });
    const chunk = records('a');
    await expect(producer.send(chunk)).rejects.toMatchObject({ code: 'OUT_OF_ORDER_SEQUENCE_NUMBER', retryable: true });
    broker.failWith = undefined;
    await producer.send(chunk);
    expect([broker.log, broker.producers]).toEqual([['a'], 2]);
  });
});
