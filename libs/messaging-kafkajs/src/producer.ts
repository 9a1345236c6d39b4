// SPDX-License-Identifier: Apache-2.0
import { type OutboundRecord, type Producer, ProducerError } from '@nervus/messaging';
import type { Kafka, Producer as KafkaJsClientProducer, TopicMessages } from 'kafkajs';
import { ChosenPartitions } from './chosen-partitions.js';
import { clientError, producerError, saysNumberingIsBroken } from './errors.js';
import { topicMessages } from './records.js';

/** Of what is left out each time; more than once needs another leader to move meanwhile. */
const mostSends = 5;

/**
 * Idempotent producer.
 *
 * Invariant: one send at a time, and after a send that failed only the identical records may go under the same
 * producer id. kafkajs gives the numbers of a failed send to the next one; if the failed one had in fact been written
 * (its answer was lost), the broker would take other records under those numbers for a repetition and drop them while
 * acknowledging. So anything else than the same array begins a new producer id, and concurrent sends wait in line.
 * A send is over when every partition that its records belong to has been acknowledged, whatever kafkajs says.
 */
export class KafkaJsProducer implements Producer {
  #client: KafkaJsClientProducer | undefined;
  #inDoubt: readonly OutboundRecord[] | undefined;
  #line: Promise<void> = Promise.resolve();
  #closed = false;
  readonly #chosen = new ChosenPartitions();

  private constructor(private readonly kafka: Kafka) {}

  /** @throws KafkaClientError when no broker can be reached or the credentials are refused. */
  static async connect(kafka: Kafka): Promise<KafkaJsProducer> {
    const producer = new KafkaJsProducer(kafka);
    try {
      await producer.#connected();
    } catch (error) {
      throw clientError(error, 'connecting a producer');
    }
    return producer;
  }

  send(records: readonly OutboundRecord[]): Promise<void> {
    const sent = this.#line.then(() => this.#send(records));
    this.#line = sent.catch(() => {});
    return sent;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#line;
    await this.#disconnect();
  }

  async #send(records: readonly OutboundRecord[]): Promise<void> {
    if (records.length === 0) return;
    if (this.#closed) throw new ProducerError('the producer is closed: nothing more can be sent with it', 'PRODUCER_CLOSED', false);
    const grouped = topicMessages(records);
    try {
      if (this.#inDoubt !== undefined && this.#inDoubt !== records) await this.#disconnect();
      const client = await this.#connected();
      await this.#untilAcknowledged(client, grouped);
      this.#inDoubt = undefined;
    } catch (error) {
      this.#inDoubt = records;
      if (saysNumberingIsBroken(error)) await this.#disconnect();
      throw producerError(error, grouped.map(({ topic }) => topic));
    }
  }

  async #untilAcknowledged(client: KafkaJsClientProducer, messages: readonly TopicMessages[]): Promise<void> {
    let left = [...messages];
    for (let attempt = 1; left.length > 0; attempt++) {
      if (attempt > mostSends) throw new Error('some partitions were not acknowledged, though no broker refused them');
      left = this.#chosen.unacknowledged(left, await client.sendBatch({ acks: -1, topicMessages: left }));
    }
  }

  async #connected(): Promise<KafkaJsClientProducer> {
    if (this.#client) return this.#client;
    const client = this.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: this.#chosen.partitioner,
      // A few seconds; who sends decides whether to go on.
      retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1000 },
    });
    try {
      await client.connect();
    } catch (error) {
      await client.disconnect().catch(() => {});
      throw error;
    }
    this.#client = client;
    return client;
  }

  async #disconnect(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#inDoubt = undefined;
    await client?.disconnect();
  }
}
