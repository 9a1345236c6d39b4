// SPDX-License-Identifier: Apache-2.0
import { type OutboundRecord, type Producer, ProducerError } from '@nervus/messaging';
import { initProducerIdV5 } from '@platformatic/kafka';
import { Batches, type ProducerId } from './batches.js';
import type { Cluster } from './cluster.js';
import { causeOf, clientError, producerError, saysNumberingIsBroken } from './errors.js';
import { Turns } from './partitioning.js';

/**
 * Idempotent producer.
 *
 * Invariant: one send at a time, and after a send that failed only the identical records may go under the same numbers:
 * if it had in fact been written (its answer was lost), the broker would take other records under those numbers for a
 * repetition and drop them while acknowledging. So anything else than the same array begins a new producer id, and
 * concurrent sends wait in line.
 */
export class PlatformaticProducer implements Producer {
  #id: ProducerId | undefined;
  /** The send whose fate is not known. */
  #inDoubt: Batches | undefined;
  #line: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(private readonly cluster: Cluster) {}

  /** @throws KafkaClientError when no broker can be reached, the credentials are refused or nothing may be written. */
  static async connect(cluster: Cluster): Promise<PlatformaticProducer> {
    const producer = new PlatformaticProducer(cluster);
    try {
      await producer.#identified();
    } catch (error) {
      await cluster.close();
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
    await this.cluster.close();
  }

  async #send(records: readonly OutboundRecord[]): Promise<void> {
    if (records.length === 0) return;
    if (this.#closed) throw new ProducerError('the producer is closed: nothing more can be sent with it', 'PRODUCER_CLOSED', false);
    try {
      if (this.#inDoubt && this.#inDoubt.records !== records) this.#forget();
      const batches = this.#inDoubt ?? (await Batches.of(records, await this.#identified(), this.cluster));
      this.#inDoubt = batches;
      await batches.acknowledged(this.cluster);
      this.#inDoubt = undefined;
    } catch (error) {
      if (saysNumberingIsBroken(causeOf(error))) this.#forget();
      throw producerError(error, [...new Set(records.map(({ topic }) => topic))]);
    }
  }

  async #identified(): Promise<ProducerId> {
    if (!this.#id) {
      const { producerId, producerEpoch } = await this.cluster.insist('any', initProducerIdV5.api, null, 60_000, -1n, -1);
      this.#id = { producerId, producerEpoch, sequences: new Map(), turns: new Turns() };
    }
    return this.#id;
  }

  #forget(): void {
    this.#id = undefined;
    this.#inDoubt = undefined;
  }
}
