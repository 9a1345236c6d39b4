// SPDX-License-Identifier: Apache-2.0
import { Engine, type InboundRecord, type Lease, systemClock } from '@nervus/messaging';
import { describe, expect, it } from 'vitest';
import { type MessagingFeatures, type World, numbered, text, until } from './world.js';

/** The engine on this adapter: what neither can promise alone. */
export function handling(world: World, features: MessagingFeatures): void {
  async function engineOf(topic: string, groupId: string, record: (record: InboundRecord, lease: Lease) => Promise<void>, limits: { maxRecords?: number } = {}) {
    const fatal: Error[] = [];
    const engine = new Engine({ client: world.broker.client(), groupId, subscriptions: [{ topic, from: 'beginning', handle: { record } }], clock: systemClock, onFatal: (error) => fatal.push(error), limits });
    world.after(() => engine.close({ drainMs: 2000 }));
    await engine.start();
    return { engine, fatal };
  }

  describe('handling', () => {
    it('records of one key are handled in order and one at a time, and all of them are committed', async () => {
      const topic = await world.topic(3);
      const groupId = world.group();
      const seen = new Map<string, number[]>();
      const running = new Set<string>();
      await (await world.producer()).send(numbered(topic, 500, 25));
      const { fatal } = await engineOf(topic, groupId, async (record) => {
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
      const first = await engineOf(topic, groupId, handle);
      await until('records in flight', () => first.engine.gauges().reduce((sum, { inFlight }) => sum + inFlight, 0) === 200);
      const second = await engineOf(topic, groupId, handle);
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
      const first = await engineOf(topic, groupId, handle);
      const second = await engineOf(topic, groupId, handle);
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

    it('a commit that fails is made again, and no one notices', async ({ skip }) => {
      skip(!features.commitFault, 'conformance: this test broker cannot be told to fail a commit');
      const topic = await world.topic();
      const groupId = world.group();
      const { fatal } = await engineOf(topic, groupId, async () => undefined);
      world.broker.failNextCommit!();
      await (await world.producer()).send(numbered(topic, 10));
      await until('everything committed', async () => (await world.committedSum(groupId, topic)) === 10n);
      expect(fatal).toEqual([]);
    });

    it('a restart of the broker loses no record and ends no process', async ({ skip }) => {
      skip(!features.restart, 'conformance: this test broker cannot be restarted');
      const topic = await world.topic(3);
      const groupId = world.group();
      const producer = await world.producer();
      const handled = new Set<string>();
      const { fatal } = await engineOf(topic, groupId, async (record) => void handled.add(text(record)));
      await producer.send(numbered(topic, 100));
      await until('the records before the restart', () => handled.size === 100);
      await world.broker.restart!();
      await until('a send after the restart', () => producer.send(numbered(topic, 100, 10, 100)).then(() => true, () => false), 60_000);
      await until('the records after the restart', () => handled.size === 200, 60_000);
      await until('all of them committed', async () => (await world.committedSum(groupId, topic).catch(() => 0n)) >= 200n, 60_000);
      expect(fatal).toEqual([]);
    });
  });
}
