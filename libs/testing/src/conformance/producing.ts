// SPDX-License-Identifier: Apache-2.0
import { ProducerError } from '@nervus/messaging';
import { describe, expect, it } from 'vitest';
import { numbered, record, text, until, type World } from './world.js';

/** Hashes of Apache Kafka's own test of murmur2, and some more; its default partitioner clears the sign and takes the remainder. */
const hashes = { '21': -973932308, 'foobar': -790332482, 'a-little-bit-long-string': -985981536, 'a-little-bit-longer-string': -1486304829, 'lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8': -58897971, 'abc': 479470107 };

export function producing(world: World): void {
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

    it('sends that nobody awaited keep their order', async () => {
      const topic = await world.topic();
      const producer = await world.producer();
      await Promise.all(Array.from({ length: 50 }, (_, n) => producer.send([record(topic, 'k', String(n))])));
      const probe = await world.probe(topic, world.group());
      await until('all records', () => probe.records.length >= 50);
      expect(probe.values).toEqual(Array.from({ length: 50 }, (_, n) => String(n)));
    });

    it('records of several topics leave with one send, each topic in order', async () => {
      const [a, b] = [await world.topic(), await world.topic()];
      await (await world.producer()).send([record(a, 'k', 'a0'), record(b, 'k', 'b0'), record(a, 'k', 'a1'), record(b, 'k', 'b1')]);
      const [first, second] = [await world.probe(a, world.group()), await world.probe(b, world.group())];
      await until('all records', () => first.records.length >= 2 && second.records.length >= 2);
      expect([first.values, second.values]).toEqual([['a0', 'a1'], ['b0', 'b1']]);
    });

    it('puts a key on the partition where the Java client and every other adapter put it', async () => {
      const topic = await world.topic(12);
      const keys = [...Object.keys(hashes), 'a', 'default/run-1', '', 'naïve'];
      await (await world.producer()).send(keys.map((key) => record(topic, key, key)));
      const probe = await world.probe(topic, world.group());
      await until('all records', () => probe.records.length >= keys.length);
      const byHash = Object.fromEntries(Object.entries(hashes).map(([key, hash]) => [key, (hash & 0x7f_ff_ff_ff) % 12]));
      expect(Object.fromEntries(probe.records.map((one) => [String(one.key), one.partition]))).toEqual({ ...byHash, 'a': 4, 'default/run-1': 11, '': 9, 'naïve': 9 });
    });

    it('a topic that does not exist is refused for good, soon, and the producer goes on', async () => {
      const topic = await world.topic();
      const producer = await world.producer();
      const error = await producer.send([record(`missing-${world.group()}`, 'k', 'v')]).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ProducerError);
      expect(error).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', retryable: false });
      await producer.send([record(topic, 'k', 'v')]);
    });

    it('a record that the broker will not take is refused for good, and the producer goes on', async () => {
      const topic = await world.topic();
      const producer = await world.producer();
      const error = await producer.send([record(topic, 'k', Buffer.alloc(1_200_000))]).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ProducerError);
      expect(error).toMatchObject({ code: 'MESSAGE_TOO_LARGE', retryable: false });
      await producer.send([record(topic, 'k', 'small')]);
      const probe = await world.probe(topic, world.group());
      await until('the small record', () => probe.records.length > 0);
      expect(probe.values).toEqual(['small']);
    });

    it('a closed producer sends nothing, and does not connect again', async () => {
      const topic = await world.topic();
      const producer = await world.producer();
      await producer.close();
      await expect(producer.send([record(topic, 'k', 'v')])).rejects.toMatchObject({ name: 'ProducerError', code: 'PRODUCER_CLOSED', retryable: false });
    });
  });
}
