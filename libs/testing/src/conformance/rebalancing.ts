// SPDX-License-Identifier: Apache-2.0
import type { InboundRecord, Lease } from '@nervus/messaging';
import { describe, expect, it } from 'vitest';
import { engineOf } from './engine-of.js';
import { firstOffsets, numbered, record, until, type World } from './world.js';

export function rebalancing(world: World): void {
  describe('rebalancing', () => {
    it('another process gets its share while batches of ours wait for room, or a slow handler would stop a deployment', async () => {
      const topic = await world.topic(4);
      const groupId = world.group();
      const room = Promise.withResolvers<void>();
      await (await world.producer()).send(numbered(topic, 80, 40));
      const first = await world.probe(topic, groupId, 'beginning', () => room.promise);
      await until('a batch', () => first.batches.length > 0);
      const second = await world.probe(topic, groupId);
      await until('two partitions each', () => first.assigned.length === 2 && second.assigned.length === 2);
      expect(first.rebalances).toBeGreaterThan(0);
      room.resolve();
    });

    it('a group that never commits skips nothing and repeats nothing of a partition that stays', async () => {
      const topic = await world.topic(2);
      const groupId = world.group();
      const producer = await world.producer();
      let sent = 0;
      const send = (): Promise<void> => producer.send(numbered(topic, 4, 4, (sent += 4) - 4));
      const first = await world.probe(topic, groupId, 'end');
      await send();
      await until('the first records', () => first.records.length >= 4);
      const joining = world.probe(topic, groupId, 'end');
      await until('one partition less', async () => {
        await send();
        return first.assigned.length === 1;
      });
      const kept = first.assigned.at(0)!;
      const second = await joining;
      await until('the other partition at the other', () => second.assigned.length === 1);
      await send();
      await second.consumer.close();
      await until('both partitions', () => first.assigned.length === 2);
      await send();
      const end = (await world.admin.endOffsets(topic)).find(({ partition }) => partition === kept.partition)!.high;
      await until('the last record', () => first.offsetsOf(kept.partition).at(-1) === end - 1n);
      expect(first.offsetsOf(kept.partition)).toEqual(firstOffsets(end));
    });

    it('what is paused stays paused through a rebalance', async () => {
      const topic = await world.topic(2);
      const groupId = world.group();
      const producer = await world.producer();
      const first = await world.probe(topic, groupId);
      first.consumer.pause(first.assigned);
      const second = await world.probe(topic, groupId);
      await until('one partition each', () => first.assigned.length === 1 && second.assigned.length === 1);
      await producer.send(numbered(topic, 60, 30));
      const { partition } = first.assigned.at(0)!;
      const witness = await world.probe(topic, world.group());
      await until('all records at the witness', () => witness.records.length >= 60);
      expect(first.records).toEqual([]);
      first.consumer.resume(first.assigned);
      await until('what was paused', () => first.offsetsOf(partition).length === witness.offsetsOf(partition).length);
    });

    it('partitions that stay are told nothing of, handed over once and committed as before, while others leave', async ({ skip }) => {
      world.require('incrementalRebalance', skip);
      const topic = await world.topic(4);
      const groupId = world.group();
      const producer = await world.producer();
      const room = Promise.withResolvers<void>();
      await producer.send(numbered(topic, 80, 40));
      const first = await world.probe(topic, groupId, 'beginning', () => room.promise);
      await until('a batch of each partition', () => new Set(first.batches.map(({ partition }) => partition)).size === 4);
      const second = await world.probe(topic, groupId);
      await until('two partitions each', () => first.assigned.length === 2 && second.assigned.length === 2);
      expect(new Set(first.leavings.flatMap((leaving) => leaving?.map(({ partition }) => partition) ?? [-1]))).toEqual(new Set(second.assigned.map(({ partition }) => partition)));
      room.resolve();
      await producer.send(numbered(topic, 80, 40, 80));
      const ends = await world.admin.endOffsets(topic);
      for (const { partition } of first.assigned) {
        const { high } = ends.find((end) => end.partition === partition)!;
        await until('the rest of what stayed', () => first.offsetsOf(partition).length >= Number(high));
        expect(first.offsetsOf(partition)).toEqual(firstOffsets(high));
        await first.consumer.commit([{ topic, partition, offset: high, generation: first.generation }]);
        expect((await world.committed(groupId, topic)).get(partition)).toBe(high);
      }
    });

    it('a process for which there is no partition concerns nobody', async ({ skip }) => {
      world.require('incrementalRebalance', skip);
      const topic = await world.topic();
      const groupId = world.group();
      const producer = await world.producer();
      const first = await world.probe(topic, groupId);
      const second = await world.probe(topic, groupId);
      await producer.send([record(topic, 'k', '0')]);
      await until('the record', () => first.records.length > 0);
      expect([first.assignments, first.rebalances, second.assigned, second.records]).toEqual([1, 0, [], []]);
      await first.consumer.close();
      await until('its turn', () => second.assigned.length === 1);
    });

    it('handlers of partitions that stay keep their lease while another process joins, and those of the others lose it', async ({ skip }) => {
      world.require('incrementalRebalance', skip);
      const topic = await world.topic(4);
      const groupId = world.group();
      await (await world.producer()).send(numbered(topic, 80, 40));
      const gate = Promise.withResolvers<void>();
      const leases = new Map<number, Lease>();
      const handle = async (one: InboundRecord, lease: Lease): Promise<void> => {
        leases.set(one.partition, lease);
        await gate.promise;
      };
      const { engine } = await engineOf(world, topic, groupId, handle);
      await until('a record of each partition in hand', () => leases.size === 4);
      const second = await world.probe(topic, groupId);
      await until('two partitions each', () => engine.gauges().length === 2 && second.assigned.length === 2);
      const stayed = new Set(engine.gauges().map(({ partition }) => partition));
      for (const [partition, { signal }] of leases) expect(signal.aborted).toBe(!stayed.has(partition));
      gate.resolve();
    });

    it('what is finished of a partition that leaves is committed before it goes, so that nobody handles it again', async ({ skip }) => {
      world.require('incrementalRebalance', skip);
      const topic = await world.topic(4);
      const groupId = world.group();
      const handled: string[] = [];
      const handle = async (one: InboundRecord): Promise<void> => void handled.push(String(one.value));
      await (await world.producer()).send(numbered(topic, 200, 40));
      // So seldom that only the rebalance can have brought the commit.
      const first = await engineOf(world, topic, groupId, handle, {}, { commitEveryMs: 300_000 });
      await until('all handled', () => handled.length >= 200);
      const second = await engineOf(world, topic, groupId, handle);
      await until('two partitions each', () => first.engine.gauges().length === 2 && second.engine.gauges().length === 2);
      await (await world.producer()).send(numbered(topic, 200, 40, 200));
      await until('the others handled', () => handled.length >= 400);
      await first.engine.close({ drainMs: 2000 });
      await second.engine.close({ drainMs: 2000 });
      expect(await world.committedSum(groupId, topic)).toBe(400n);
      expect(handled).toHaveLength(400);
    });
  });
}
