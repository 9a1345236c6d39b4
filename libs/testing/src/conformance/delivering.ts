// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type MessagingFeatures, type World, numbered, record, until } from './world.js';

export function delivering(world: World, features: MessagingFeatures): void {
  describe('delivering', () => {
    it('a tombstone is no value, and an empty value is not a tombstone', async () => {
      const topic = await world.topic();
      await (await world.producer()).send([record(topic, 'k', null), record(topic, 'k', '')]);
      const probe = await world.probe(topic, world.group());
      await until('both records', () => probe.records.length >= 2);
      expect(probe.records.map(({ value }) => value)).toEqual([null, Buffer.alloc(0)]);
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
      expect(probe.records.map(({ offset }) => offset)).toEqual(Array.from({ length: 51 }, (_, at) => BigInt(at)));
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

    it('a consumer that waits for room longer than its session stays in the group', async ({ skip }) => {
      skip(features.sessionMs === undefined, 'conformance: this client has no session that could end');
      const topic = await world.topic();
      const groupId = world.group();
      await (await world.producer()).send(numbered(topic, 1));
      const room = Promise.withResolvers<void>();
      const probe = await world.probe(topic, groupId, 'beginning', () => room.promise);
      await until('the batch', () => probe.batches.length > 0);
      const began = performance.now();
      await until('the session to be over', () => performance.now() - began > features.sessionMs! * 1.2, features.sessionMs! * 2);
      expect([probe.rebalances, probe.assignments, probe.crashes]).toEqual([0, 1, []]);
      room.resolve();
      await probe.consumer.commit([{ topic, partition: 0, offset: 1n, generation: probe.generation }]);
      expect(await world.committed(groupId, topic)).toEqual(new Map([[0, 1n]]));
    });
  });
}
