// SPDX-License-Identifier: Apache-2.0
import { FakeClock } from '@nervus/messaging/testing';
import { describe, expect, it } from 'vitest';
import { type Database, EpochRegistry } from '../src/index.js';
import { eventually, freshDatabase } from './world.js';

const fresh = freshDatabase();

function process(database: Database, clock: FakeClock, drain: () => Promise<void> = () => Promise.resolve()) {
  const sealed: Error[] = [];
  const errors: unknown[] = [];
  const drained: number[] = [];
  const registry = new EpochRegistry({
    database, clock,
    drain: async (before) => {
      drained.push(before);
      await drain();
    },
    onSealed: (error) => sealed.push(error),
    onError: (error) => errors.push(error),
  });
  return { registry, sealed, errors, drained };
}

/** Lets time pass as it does in life: renewals are written before the next ones are due. */
async function pass(clock: FakeClock, database: Database, seconds: number, alive: number): Promise<void> {
  for (let second = 0; second < seconds; second += 10) {
    await clock.advance(10_000);
    await eventually(async () => {
      const renewed = await database.collection('epochs').countDocuments({ state: 'open', lastSeen: clock.now() });
      expect(renewed).toBeGreaterThanOrEqual(alive);
      // They know of it, too: the next ones are due from now on.
      expect(clock.pending).toBeGreaterThanOrEqual(alive);
    });
  }
}

describe('the epoch registry', () => {
  it('a process that died is sealed once, after its outboxes were drained, by one of the others', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    const dead = process(database, new FakeClock());
    await dead.registry.open({ epoch: 'dead', kid: 'k-dead', audited: true });
    const others = [process(database, clock), process(database, clock)];
    await others[0]!.registry.open({ epoch: 'one', kid: 'k1', audited: true });
    await others[1]!.registry.open({ epoch: 'two', kid: 'k2', audited: true });
    await pass(clock, database, 30, 2);
    expect(await others[0]!.registry.sealDead()).toEqual([]);
    await pass(clock, database, 10, 2);
    const [first, second] = await Promise.all(others.map(({ registry }) => registry.sealDead()));
    const named = [...first!, ...second!, ...(await others[1]!.registry.sealDead())];
    expect(new Set(named.map(({ epoch, kid }) => `${epoch}/${kid}`))).toEqual(new Set(['dead/k-dead']));
    expect(others.flatMap(({ drained }) => drained).length).toBeGreaterThan(0);
    expect(others.flatMap(({ sealed }) => sealed)).toEqual([]);
  });

  it('a sealed epoch is named until its announcement was acknowledged, also by another process', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    await process(database, new FakeClock()).registry.open({ epoch: 'dead', kid: 'k', audited: false });
    const [one, two] = [process(database, clock), process(database, clock)];
    await one.registry.open({ epoch: 'one', kid: 'k1', audited: true });
    await two.registry.open({ epoch: 'two', kid: 'k2', audited: true });
    await pass(clock, database, 40, 2);
    const sealed = await one.registry.sealDead();
    expect(sealed).toEqual([{ epoch: 'dead', kid: 'k' }]);
    expect(await two.registry.sealDead()).toEqual(sealed);
    await two.registry.announced(sealed);
    expect([await one.registry.sealDead(), await two.registry.sealDead()]).toEqual([[], []]);
  });

  it('nothing is sealed while its outboxes cannot be drained', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    await process(database, new FakeClock()).registry.open({ epoch: 'dead', kid: 'k', audited: true });
    let kafka = false;
    const one = process(database, clock, () => (kafka ? Promise.resolve() : Promise.reject(new Error('Kafka is away'))));
    await one.registry.open({ epoch: 'one', kid: 'k1', audited: true });
    await pass(clock, database, 40, 1);
    await expect(one.registry.sealDead()).rejects.toThrow('Kafka is away');
    kafka = true;
    expect(await one.registry.sealDead()).toEqual([{ epoch: 'dead', kid: 'k' }]);
  });

  it('a process that was taken for dead finds out and must end', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    const asleep = new FakeClock();
    const sleeper = process(database, asleep);
    await sleeper.registry.open({ epoch: 'sleeper', kid: 'k', audited: true });
    const one = process(database, clock);
    await one.registry.open({ epoch: 'one', kid: 'k1', audited: true });
    await pass(clock, database, 40, 1);
    expect(await one.registry.sealDead()).toHaveLength(1);
    await asleep.advance(40_000);
    await eventually(() => expect(sleeper.sealed).toHaveLength(1));
    expect(sleeper.sealed[0]!.message).toMatch(/sealed by another/);
  });

  it('after an outage of everybody no one is sealed before all had the time to renew', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    const [one, two] = [process(database, clock), process(database, new FakeClock(clock.now()))];
    await one.registry.open({ epoch: 'one', kid: 'k1', audited: true });
    await two.registry.open({ epoch: 'two', kid: 'k2', audited: true });
    await pass(clock, database, 20, 1);
    // Nobody renews for a minute; then the first one does, and looks around at once.
    clock.now = () => Date.UTC(2026, 0, 1) + 100_000;
    await one.registry.rekey('k1');
    expect(await one.registry.sealDead()).toEqual([]);
    expect(one.drained).toEqual([]);
  });

  it('a process that ended by itself is not sealed, and one that never signed is not named', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    const gone = process(database, new FakeClock());
    await gone.registry.open({ epoch: 'gone', kid: 'k', audited: true });
    await gone.registry.close();
    await process(database, new FakeClock()).registry.open({ epoch: 'keyless', audited: true });
    const one = process(database, clock);
    await one.registry.open({ epoch: 'one', kid: 'k1', audited: true });
    await pass(clock, database, 40, 1);
    expect(await one.registry.sealDead()).toEqual([]);
    expect(await database.collection<{ _id: string }>('epochs').findOne({ _id: 'keyless' })).toMatchObject({ state: 'closed' });
  });

  it('the newest key of an epoch is the one that is named', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    const dead = process(database, new FakeClock());
    await dead.registry.open({ epoch: 'dead', audited: true });
    await dead.registry.rekey('first');
    await dead.registry.rekey('second');
    const one = process(database, clock);
    await one.registry.open({ epoch: 'one', kid: 'k1', audited: true });
    await pass(clock, database, 40, 1);
    expect(await one.registry.sealDead()).toEqual([{ epoch: 'dead', kid: 'second' }]);
  });
});
