// SPDX-License-Identifier: Apache-2.0
// An answer that is lost after the broker has written the records cannot be had from a real broker at will, so the
// cluster is replaced here by one that loses it.
import type { OutboundRecord } from '@nervus/messaging';
import { initProducerIdV5, type MessageRecord, NetworkError, type NumericMap, produceV11, ProtocolError } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import type { Cluster } from './cluster.js';
import { causeOf } from './errors.js';
import { PlatformaticProducer } from './producer.js';

const records = (...values: string[]): OutboundRecord[] => values.map((value) => ({ topic: 't', key: Buffer.from('k'), value: Buffer.from(value), headers: {} }));

/** A broker that drops what comes again under the numbers of a producer id, and whose answers get lost when told so. */
class Broker {
  readonly log: string[] = [];
  producers = 0;
  requests = 0;
  inFlight = 0;
  loseAnswers = 0;
  failWith: Error | undefined;
  readonly #written = new Set<string>();

  get cluster(): Cluster {
    const call = async (_to: unknown, api: unknown, ...request: unknown[]): Promise<unknown> => {
      if (api === initProducerIdV5.api) return { producerId: BigInt(this.producers++), producerEpoch: 0 };
      expect(api).toBe(produceV11.api);
      return this.#produce(request[2] as MessageRecord[], request[3] as { producerId: bigint; sequences: NumericMap });
    };
    const retrying = async <T>(run: () => Promise<T>): Promise<T> => {
      try {
        return await run();
      } catch (error) {
        if (!causeOf(error).transient) throw error;
        return run();
      }
    };
    return { call, insist: call, retrying, topics: async () => new Map([['t', { topic: 't', id: 'id', leaders: [1] }]]), forget: () => undefined, close: async () => undefined } as unknown as Cluster;
  }

  async #produce(messages: readonly MessageRecord[], { producerId, sequences }: { producerId: bigint; sequences: NumericMap }): Promise<produceV11.ProduceResponse> {
    this.requests++;
    expect(++this.inFlight).toBe(1);
    await Promise.resolve();
    this.inFlight--;
    if (this.failWith) throw this.failWith;
    const first = sequences.get('t:0') ?? 0;
    const name = `${producerId}/${first}`;
    if (!this.#written.has(name)) this.log.push(...messages.map(({ value }) => String(value)));
    this.#written.add(name);
    if (this.loseAnswers-- > 0) throw new NetworkError('Connection closed');
    return { throttleTimeMs: 0, responses: [{ name: 't', partitionResponses: [{ index: 0, errorCode: 0, baseOffset: 0n, logAppendTimeMs: 0n, logStartOffset: 0n, recordErrors: [], errorMessage: null }] }] };
  }
}

describe('a producer whose acknowledgement got lost', () => {
  it('asks again by itself under the same numbers, so nothing is written twice', async () => {
    const broker = new Broker();
    const producer = await PlatformaticProducer.connect(broker.cluster);
    broker.loseAnswers = 1;
    await producer.send(records('a', 'b'));
    await producer.send(records('c'));
    expect([broker.log, broker.requests, broker.producers]).toEqual([['a', 'b', 'c'], 3, 1]);
  });

  it('other records than those in doubt are never taken for a repetition of them', async () => {
    const broker = new Broker();
    const producer = await PlatformaticProducer.connect(broker.cluster);
    broker.loseAnswers = 2;
    await expect(producer.send(records('a', 'b'))).rejects.toMatchObject({ name: 'ProducerError', retryable: true });
    await producer.send(records('c', 'd'));
    expect([broker.log, broker.producers]).toEqual([['a', 'b', 'c', 'd'], 2]);
  });

  it('the identical records go again under the same numbers, so they are not written twice', async () => {
    const broker = new Broker();
    const producer = await PlatformaticProducer.connect(broker.cluster);
    const chunk = records('a', 'b');
    broker.loseAnswers = 4;
    await expect(producer.send(chunk)).rejects.toMatchObject({ retryable: true });
    await expect(producer.send(chunk)).rejects.toMatchObject({ retryable: true });
    await producer.send(chunk);
    await producer.send(records('c'));
    expect([broker.log, broker.producers]).toEqual([['a', 'b', 'c'], 1]);
  });

  it('sends that nobody awaits stand in line, also behind one that fails', async () => {
    const broker = new Broker();
    const producer = await PlatformaticProducer.connect(broker.cluster);
    broker.loseAnswers = 2;
    const results = await Promise.allSettled(['a', 'b', 'c'].map((value) => producer.send(records(value))));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(broker.log).toEqual(['a', 'b', 'c']);
  });

  it('a broker that has forgotten the numbering gets a new producer id, and the records may go again', async () => {
    const broker = new Broker();
    const producer = await PlatformaticProducer.connect(broker.cluster);
    broker.failWith = new ProtocolError('OUT_OF_ORDER_SEQUENCE_NUMBER');
    const chunk = records('a');
    await expect(producer.send(chunk)).rejects.toMatchObject({ code: 'OUT_OF_ORDER_SEQUENCE_NUMBER', retryable: true });
    broker.failWith = undefined;
    await producer.send(chunk);
    expect([broker.log, broker.producers]).toEqual([['a'], 2]);
  });
});
