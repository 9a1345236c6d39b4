// SPDX-License-Identifier: Apache-2.0
import { type EngineMetrics, noEngineMetrics, type OutboundRecord, type Producer } from '@nervus/messaging';
import { beforeAll, describe, expect, it } from 'vitest';
import { engineOf } from './engine-of.js';
import { firstOffsets, numbered, record, text, until, type World } from './world.js';

/** Milliseconds in which clients find a broker again that is back. */
const backMs = 60_000;
/** Milliseconds for a broker to come back and everything to go on, on a busy machine. */
const outageMs = 300_000;

/** What came of one outage, in which all the tests look at what concerns them. */
interface Outage {
  /** Values that a consumer was handed that had begun before, and what ended it. */
  readonly read: { readonly values: readonly string[]; readonly crashes: readonly Error[] };
  /** How often the send was refused that was begun while the broker died, and what then stood in the topic. */
  readonly insisted: { readonly sent: readonly string[]; readonly refusals: number; readonly written: readonly string[] };
  readonly handled: { readonly values: ReadonlySet<string>; readonly committed: bigint; readonly fatal: readonly Error[] };
  readonly commits: { readonly failed: number; readonly handled: readonly bigint[]; readonly committed: bigint; readonly fatal: readonly Error[] };
}

/** The broker is killed and comes back. Late in the suite, because the other tests share it. */
export function outages(world: World): void {
  describe('outages', () => {
    let outage: Outage | undefined;
    beforeAll(async () => {
      if (world.features.restart === true) outage = await liveThrough(world);
    }, outageMs);

    it('an acknowledged record survives a restart of the broker, and sending and reading go on after it', ({ skip }) => {
      world.require('restart', skip);
      expect(outage!.read).toEqual({ values: ['before', 'after'], crashes: [] });
    });

    it('the identical records may be sent until they are acknowledged, and stand once and in order', ({ skip }) => {
      world.require('restart', skip);
      const { sent, refusals, written } = outage!.insisted;
      expect(refusals).toBeGreaterThan(0);
      expect(written).toEqual(sent);
    });

    it('a restart of the broker loses no record and ends no process', ({ skip }) => {
      world.require('restart', skip);
      const { values, committed, fatal } = outage!.handled;
      expect([values.size, committed, fatal]).toEqual([200, 200n, []]);
    });

    it('a commit that fails is made again when the broker is back, and nothing is handled twice for it', ({ skip }) => {
      world.require('restart', skip);
      const { failed, handled, committed, fatal } = outage!.commits;
      expect(failed).toBeGreaterThan(0);
      expect([handled, committed, fatal]).toEqual([firstOffsets(10), 10n, []]);
    });

    it('closing while the broker is away ends in seconds', { timeout: outageMs }, async ({ skip }) => {
      world.require('restart', skip);
      const topic = await world.topic();
      const probe = await world.probe(topic, world.group());
      const producer = await world.broker.client().producer();
      await world.broker.takeDown();
      try {
        const closed = Promise.all([probe.consumer.close(), producer.close()]).then(() => 'closed');
        const late = new Promise<string>((resolve) => setTimeout(() => resolve('still closing'), 20_000).unref());
        expect(await Promise.race([closed, late])).toBe('closed');
      } finally {
        await world.broker.bringUp();
      }
    });
  });
}

async function liveThrough(world: World): Promise<Outage> {
  const [reader, sender, worker, committer] = [await readsOn(world), await insists(world), await worksOn(world), await commitsAgain(world)];
  const down = world.broker.takeDown();
  const sending = sender.begin();
  await down;
  await Promise.all([sender.refused(), committer.failed()]);
  await world.broker.bringUp();
  await sending;
  return { read: await reader(), insisted: await sender.outcome(), handled: await worker(), commits: await committer.outcome() };
}

async function readsOn(world: World) {
  const topic = await world.topic();
  const producer = await world.producer();
  const probe = await world.probe(topic, world.group());
  await producer.send([record(topic, 'k', 'before')]);
  await until('the record before the outage', () => probe.values.includes('before'));
  return async (): Promise<Outage['read']> => {
    const after = [record(topic, 'k', 'after')];
    await until('a send after the outage', () => sent(producer, after), backMs);
    await until('the record after the outage', () => probe.values.includes('after'), backMs);
    return { values: [...new Set(probe.values)], crashes: probe.crashes };
  };
}

async function insists(world: World) {
  const topic = await world.topic();
  const producer = await world.producer();
  const records = numbered(topic, 200, 1);
  await producer.send([record(topic, 'key-0', 'first')]);
  let refusals = 0;
  return {
    begin: () => until('the acknowledgement', async () => (await sent(producer, records)) || ++refusals < 0, outageMs),
    refused: () => until('a refusal', () => refusals > 0, backMs),
    outcome: async (): Promise<Outage['insisted']> => {
      await producer.send([record(topic, 'key-0', 'last')]);
      const probe = await world.probe(topic, world.group());
      await until('the last record', () => probe.values.includes('last'));
      return { sent: ['first', ...records.map(({ value }) => String(value)), 'last'], refusals, written: probe.values };
    },
  };
}

async function worksOn(world: World) {
  const topic = await world.topic(3);
  const groupId = world.group();
  const producer = await world.producer();
  const values = new Set<string>();
  const { fatal } = await engineOf(world, topic, groupId, async (one) => void values.add(text(one)));
  await producer.send(numbered(topic, 100));
  await until('the records before the outage', () => values.size === 100);
  return async (): Promise<Outage['handled']> => {
    const after = numbered(topic, 100, 10, 100);
    await until('a send after the outage', () => sent(producer, after), backMs);
    await until('all handled and committed', async () => values.size === 200 && (await world.committedSum(groupId, topic).catch(() => 0n)) === 200n, backMs);
    return { values, committed: await world.committedSum(groupId, topic), fatal };
  };
}

async function commitsAgain(world: World) {
  const topic = await world.topic();
  const groupId = world.group();
  const gate = Promise.withResolvers<void>();
  const handled: bigint[] = [];
  let begun = 0;
  let failed = 0;
  const metrics: EngineMetrics = { ...noEngineMetrics, commitFailed: () => void failed++ };
  await (await world.producer()).send(numbered(topic, 10));
  const handle = async ({ offset }: { readonly offset: bigint }): Promise<void> => {
    begun++;
    await gate.promise;
    handled.push(offset);
  };
  const { fatal } = await engineOf(world, topic, groupId, handle, {}, { metrics });
  await until('the records in hand', () => begun === 10);
  return {
    failed: () => {
      gate.resolve();
      return until('a commit that failed', () => failed > 0, backMs);
    },
    outcome: async (): Promise<Outage['commits']> => {
      await until('everything committed', async () => (await world.committedSum(groupId, topic).catch(() => 0n)) === 10n, backMs);
      return { failed, handled: handled.toSorted((a, b) => (a < b ? -1 : 1)), committed: await world.committedSum(groupId, topic), fatal };
    },
  };
}

/** Whether the records were acknowledged. */
const sent = (producer: Producer, records: readonly OutboundRecord[]): Promise<boolean> => producer.send(records).then(() => true, () => false);
