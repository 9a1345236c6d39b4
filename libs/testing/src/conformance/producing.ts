// SPDX-License-Identifier: Apache-2.0
import { ProducerError } from '@nervus/messaging';
import { describe, expect, it } from 'vitest';
import { type MessagingFeatures, type World, numbered, record, text, until } from './world.js';

export function producing(world: World, features: MessagingFeatures): void {
  describe('producing', () => {
    it('keeps the order of records of one key, within a send and from one awaited send to the next', async () => {
      const topic = await world.topic(3);
      const producer = await world.producer();
      for (let from = 0; from < 300; from += 50) await producer.send(numbered(topic, 50, 10, from));
      const probe = await world.probe(topic, world.group());
      await until('all records', () => probe.records.length >= 300);
      for (let key = 0; key < 10; key++) {
        const values = probe.records.filter((one) => String(one.key) === `key-${key}`).map((one) => Number(text(one)));
        expect(values).toEqual(Array.from({ length: 30 }, (_, at) => at * 10 + key));
      }
    });

    it('puts a key on the partition where every other adapter puts it', async () => {
      const topic = await world.topic(12);
      await (await world.producer()).send(['a', 'default/run-1', '', 'naïve'].map((key) => record(topic, key, key)));
      const probe = await world.probe(topic, world.group());
      await until('all records', () => probe.records.length >= 4);
      // Kafka's own default partitioner: murmur2, sign bit dropped, modulo 12.
      expect(Object.fromEntries(probe.records.map((one) => [String(one.key), one.partition]))).toEqual({ a: 4, 'default/run-1': 11, '': 9, naïve: 9 });
    });

    it('a topic that does not exist is refused for good, soon', async () => {
      const producer = await world.producer();
      const error = await producer.send([record(`missing-${world.group()}`, 'k', 'v')]).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ProducerError);
      expect(error).toMatchObject({ retryable: false });
    });

    it('a record that the broker will not take is refused for good, and the producer goes on', async () => {
      const topic = await world.topic();
      const producer = await world.producer();
      const error = await producer.send([record(topic, 'k', Buffer.alloc(1_200_000))]).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ProducerError);
      expect(error).toMatchObject({ retryable: false });
      const again = await world.producer();
      await again.send([record(topic, 'k', 'small')]);
    });

    it('a closed producer sends nothing', async () => {
      const topic = await world.topic();
      const producer = await world.producer();
      await producer.close();
      await expect(producer.send([record(topic, 'k', 'v')])).rejects.toBeInstanceOf(ProducerError);
    });

    it('an acknowledged record survives a restart of the broker, and sending goes on after it', async ({ skip }) => {
      skip(!features.restart, 'conformance: this test broker cannot be restarted');
      const topic = await world.topic();
      const producer = await world.producer();
      const probe = await world.probe(topic, world.group());
      await producer.send([record(topic, 'k', 'before')]);
      await until('the record before the restart', () => probe.values.includes('before'));
      await world.broker.restart!();
      await until('a send after the restart', () => producer.send([record(topic, 'k', 'after')]).then(() => true, () => false), 60_000);
      await until('the record after the restart', () => probe.values.includes('after'), 60_000);
      expect(probe.crashes).toEqual([]);
    });
  });
}
