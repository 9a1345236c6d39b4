// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Probe } from './probe.js';
import { firstOffsets, numbered, record, until, type World } from './world.js';

export function delivering(world: World): void {
  describe('delivering', () => {
    it('a tombstone is no value, and an empty value is not a tombstone', async () => {
      const topic = await world.topic();
      await (await world.producer()).send([record(topic, 'k', null), record(topic, 'k', '')]);
      const probe = await world.probe(topic, world.group());
      await until('both records', () => probe.records.length >= 2);
      expect(probe.records.map(({ value }) => value)).toEqual([null, Buffer.alloc(0)]);
    });

    it('a record without a key has none, and one with an empty key has that', async () => {
      const topic = await world.topic();
      await (await world.producer()).send([record(topic, null, 'a'), record(topic, '', 'b')]);
      const probe = await world.probe(topic, world.group());
      await until('both records', () => probe.records.length >= 2);
      expect(probe.records.map(({ key }) => key)).toEqual([null, Buffer.alloc(0)]);
    });

    it('headers come as they were sent: bytes, empty ones, and a name that stands twice', async () => {
      const topic = await world.topic();
      const headers = { ce_id: Buffer.from('naïve'), bytes: Buffer.from([0, 255, 128]), empty: Buffer.alloc(0), twice: [Buffer.from('one'), Buffer.from('two')] };
      await (await world.producer()).send([record(topic, 'k', 'v', headers)]);
      const probe = await world.probe(topic, world.group());
      await until('the record', () => probe.records.length > 0);
      expect(probe.records.at(0)!.headers).toEqual(headers);
    });

    it('a record of 500 KiB arrives whole, between small ones', async () => {
      const topic = await world.topic();
      const producer = await world.producer();
      const large = Buffer.alloc(500 * 1024, 7);
      for (const value of ['before', large, 'after']) await producer.send([record(topic, 'k', value)]);
      const probe = await world.probe(topic, world.group());
      await until('all three', () => probe.records.length >= 3);
      expect(probe.records.at(1)!.value?.equals(large)).toBe(true);
      expect(probe.records.map(({ offset }) => offset)).toEqual([0n, 1n, 2n]);
    });

    it('the time of a record is when the broker appended it, and the end of the partition is told with it', async () => {
      const topic = await world.topic();
      const before = Date.now();
      await (await world.producer()).send(numbered(topic, 3));
      const after = Date.now();
      const probe = await world.probe(topic, world.group());
      await until('the records', () => probe.records.length >= 3);
      for (const { timestamp } of probe.records) {
        expect(timestamp).toBeGreaterThanOrEqual(before - 1000);
        expect(timestamp).toBeLessThanOrEqual(after + 1000);
      }
      expect(probe.batches.at(-1)!.highWatermark).toBe(3n);
      const [first, ...others] = probe.records.filter(({ partition }) => partition === 0);
      // Of the append, not of the record: those of one batch have the same.
      for (const { timestamp } of others) expect(timestamp).toBe(first!.timestamp);
    });

    it('what is written right after a consumer of the end has begun is seen', async () => {
      const topic = await world.topic(3);
      const producer = await world.producer();
      await producer.send([record(topic, 'a', 'old')]);
      const probe = await world.probe(topic, world.group(), 'end');
      await producer.send(['a', 'b', 'c'].map((key) => record(topic, key, 'new')));
      await until('the new records', () => probe.records.length >= 3);
      expect(probe.values).toEqual(['new', 'new', 'new']);
    });

    it('one consumer reads some topics from the beginning and others from the end', async () => {
      const [table, broadcast] = [await world.topic(), await world.topic()];
      const producer = await world.producer();
      await producer.send([record(table, 'k', 'row'), record(broadcast, 'k', 'old')]);
      const consumer = await world.consumer({ groupId: world.group(), topics: [{ topic: table, from: 'beginning' }, { topic: broadcast, from: 'end' }] });
      const probe = new Probe(consumer);
      await consumer.run(probe.handlers);
      await until('the row', () => probe.records.length > 0);
      await producer.send([record(broadcast, 'k', 'new')]);
      await until('the new record', () => probe.records.length > 1);
      expect(probe.values).toEqual(['row', 'new']);
    });

    it('a reader that rests between fetches gets all the same, in order', async () => {
      const topic = await world.topic();
      const producer = await world.producer();
      const consumer = await world.consumer({ groupId: world.group(), topics: [{ topic, from: 'beginning' }], restMs: 20 });
      const probe = new Probe(consumer);
      await consumer.run(probe.handlers);
      for (let n = 0; n < 20; n++) await producer.send(numbered(topic, 5, 10, n * 5));
      await until('all records', () => probe.records.length >= 100);
      expect(probe.offsetsOf(0)).toEqual(firstOffsets(100));
    });

    it('a group without offsets begins where it says: at the beginning, or behind what was there when it joined', async () => {
      const topic = await world.topic();
      const producer = await world.producer();
      await producer.send([record(topic, 'k', 'old')]);
      const [all, fresh] = [await world.probe(topic, world.group()), await world.probe(topic, world.group(), 'end')];
      await producer.send([record(topic, 'k', 'new')]);
      await until('the new record for both', () => all.values.includes('new') && fresh.values.includes('new'));
      expect(all.values).toEqual(['old', 'new']);
      expect(fresh.values).toEqual(['new']);
    });

    it('every group has all records for itself', async () => {
      const topic = await world.topic(3);
      await (await world.producer()).send(numbered(topic, 30));
      const probes = [await world.probe(topic, world.group()), await world.probe(topic, world.group())];
      await until('all records for both', () => probes.every((probe) => probe.records.length >= 30));
    });

    it('while a batch is not taken in, nothing more of its partition is handed over', async () => {
      const topic = await world.topic();
      const producer = await world.producer();
      await producer.send([record(topic, 'k', 'first')]);
      const room = Promise.withResolvers<void>();
      const probe = await world.probe(topic, world.group(), 'beginning', () => room.promise);
      await until('the first batch', () => probe.batches.length > 0);
      for (let n = 0; n < 5; n++) await producer.send(numbered(topic, 10));
      // A record that goes through another client and back shows that there was time for a batch too many.
      const other = await world.topic();
      const witness = await world.probe(other, world.group());
      await producer.send([record(other, 'k', 'witness')]);
      await until('the witness', () => witness.records.length > 0);
      expect(probe.batches).toHaveLength(1);
      room.resolve();
      await until('the rest', () => probe.records.length >= 51);
      expect(probe.offsetsOf(0)).toEqual(firstOffsets(51));
    });

    it('a batch that waits for room holds up no other partition that came with it', async () => {
      const topic = await world.topic(2);
      const room = Promise.withResolvers<void>();
      await (await world.producer()).send(numbered(topic, 40, 20));
      const probe = await world.probe(topic, world.group(), 'beginning', () => room.promise);
      await until('a batch of both', () => new Set(probe.batches.map(({ partition }) => partition)).size === 2);
      room.resolve();
      await until('all records', () => probe.records.length >= 40);
    });

    it('a paused partition rests while the others go on, and nothing of it is lost', async () => {
      const topic = await world.topic(2);
      const producer = await world.producer();
      const probe = await world.probe(topic, world.group());
      probe.consumer.pause([{ topic, partition: 0 }]);
      await producer.send(numbered(topic, 100, 20));
      const ends = await world.admin.endOffsets(topic);
      const expected = (partition: number): number => Number(ends.find((end) => end.partition === partition)!.high);
      await until('all of the other partition', () => probe.recordsOf(1).length >= expected(1));
      await producer.send(numbered(topic, 100, 20, 100));
      await until('more of the other partition', () => probe.recordsOf(1).length > expected(1));
      expect(probe.recordsOf(0).length).toBe(0);
      probe.consumer.resume([{ topic, partition: 0 }]);
      await until('everything', () => probe.records.length >= 200);
      expect(new Set(probe.values).size).toBe(200);
    });

    it('a resumed partition goes on at once, though all had been paused', async () => {
      const topic = await world.topic();
      const producer = await world.producer();
      const probe = await world.probe(topic, world.group());
      await producer.send([record(topic, 'k', '0')]);
      await until('the first record', () => probe.records.length > 0);
      const delays: number[] = [];
      for (let n = 1; n <= 5; n++) {
        probe.consumer.pause(probe.assigned);
        await producer.send([record(topic, 'k', String(n))]);
        expect(probe.records).toHaveLength(n);
        const resumed = performance.now();
        probe.consumer.resume(probe.assigned);
        await until('the next record', () => probe.records.length > n);
        delays.push(performance.now() - resumed);
      }
      // Shorter than a fetch waits for records; the first may still be in one that began before the pause.
      expect(Math.max(...delays.slice(1))).toBeLessThan(900);
    });
  });
}
