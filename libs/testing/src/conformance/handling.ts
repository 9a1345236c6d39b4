// SPDX-License-Identifier: Apache-2.0
import type { InboundRecord, Lease } from '@nervus/messaging';
import { describe, expect, it } from 'vitest';
import { engineOf } from './engine-of.js';
import { numbered, text, until, type World } from './world.js';

/** The engine on this adapter: what neither can promise alone. */
export function handling(world: World): void {
  describe('handling', () => {
    it('records of one key are handled in order and one at a time, and all of them are committed', async () => {
      const topic = await world.topic(3);
      const groupId = world.group();
      const seen = new Map<string, number[]>();
      const running = new Set<string>();
      await (await world.producer()).send(numbered(topic, 500, 25));
      const { fatal } = await engineOf(world, topic, groupId, async (record) => {
        const key = String(record.key);
        expect(running.has(key)).toBe(false);
        running.add(key);
        await new Promise((resolve) => setImmediate(resolve));
        seen.set(key, [...(seen.get(key) ?? []), Number(text(record))]);
        running.delete(key);
      });
      await until('everything committed', async () => (await world.committedSum(groupId, topic)) === 500n);
      for (const values of seen.values()) expect(values).toEqual(values.toSorted((a, b) => a - b));
      expect([...seen.values()].flat()).toHaveLength(500);
      expect(fatal).toEqual([]);
    });

    it('far more records than there is room for are all handled, and never more than that at once', async () => {
      const topic = await world.topic();
      const groupId = world.group();
      const producer = await world.producer();
      for (let from = 0; from < 2000; from += 200) await producer.send(numbered(topic, 200, 50, from));
      let inFlight = 0;
      let most = 0;
      const { engine } = await engineOf(
        world,
        topic,
        groupId,
        async () => {
          most = Math.max(most, ++inFlight);
          await new Promise((resolve) => setImmediate(resolve));
          inFlight--;
        },
        { maxRecords: 20 },
      );
      await until('everything committed', async () => (await world.committedSum(groupId, topic)) === 2000n);
      expect(most).toBeGreaterThan(1);
      expect(engine.gauges().map((gauges) => gauges.inFlight)).toEqual([0]);
    });

    it('a process that joins while records are in hand takes its share, and no record is lost', async () => {
      const topic = await world.topic(4);
      const groupId = world.group();
      const producer = await world.producer();
      await producer.send(numbered(topic, 200, 40));
      const gate = Promise.withResolvers<void>();
      const handled = new Set<string>();
      const aborted = { count: 0 };
      const handle = async (record: InboundRecord, lease: Lease): Promise<void> => {
        await gate.promise;
        if (lease.signal.aborted) aborted.count++;
        handled.add(text(record));
      };
      const first = await engineOf(world, topic, groupId, handle);
      await until('records in flight', () => first.engine.gauges().reduce((sum, { inFlight }) => sum + inFlight, 0) === 200);
      const second = await engineOf(world, topic, groupId, handle);
      await until('two partitions each', () => first.engine.gauges().length === 2 && second.engine.gauges().length === 2);
      gate.resolve();
      await producer.send(numbered(topic, 200, 40, 200));
      await until('everything committed', async () => (await world.committedSum(groupId, topic)) === 400n);
      expect(handled.size).toBe(400);
      expect(aborted.count).toBeGreaterThan(0);
      expect([...first.fatal, ...second.fatal]).toEqual([]);
    });

    it('a process that stops hands its share to the others, and what it finished is not handled again', async () => {
      const topic = await world.topic(4);
      const groupId = world.group();
      const producer = await world.producer();
      const handled: string[] = [];
      const handle = async (record: InboundRecord): Promise<void> => void handled.push(text(record));
      const first = await engineOf(world, topic, groupId, handle);
      const second = await engineOf(world, topic, groupId, handle);
      await until('two partitions each', () => first.engine.gauges().length === 2 && second.engine.gauges().length === 2);
      await producer.send(numbered(topic, 200, 40));
      await until('all handled', () => handled.length >= 200);
      await first.engine.close({ drainMs: 5000 });
      await until('all partitions at the other', () => second.engine.gauges().length === 4);
      await producer.send(numbered(topic, 200, 40, 200));
      await until('everything committed', async () => (await world.committedSum(groupId, topic)) === 400n);
      expect(new Set(handled).size).toBe(400);
      expect(handled).toHaveLength(400);
    });

    it('a record whose handler failed ends the process, and the next one gets it and what follows again', async () => {
      const topic = await world.topic();
      const groupId = world.group();
      await (await world.producer()).send(numbered(topic, 10, 1));
      const first = await engineOf(world, topic, groupId, async (record) => {
        if (text(record) === '4') throw new Error('a handler that gives up');
      });
      await until('the failure', () => first.fatal.length > 0);
      expect(first.fatal).toHaveLength(1);
      await first.engine.close({ drainMs: 2000 });
      expect(await world.committed(groupId, topic)).toEqual(new Map([[0, 4n]]));
      const again: string[] = [];
      await engineOf(world, topic, groupId, async (record) => void again.push(text(record)));
      await until('everything committed', async () => (await world.committedSum(groupId, topic)) === 10n);
      expect(again).toEqual(['4', '5', '6', '7', '8', '9']);
    });
  });
}
