// SPDX-License-Identifier: Apache-2.0
import { UnavailableError } from '@nervus/messaging';
import { FakeClock } from '@nervus/messaging/testing';
import { describe, expect, it } from 'vitest';
import { type Database, type MongoAggregateStore, OutboxRelay } from '../src/index.js';
import { type Account, add, applyAll, eventually, freshDatabase, HeldSink, outboxOf, storeOn } from './world.js';

const fresh = freshDatabase();

/** A process: its store, its sink and its relay, on a clock that all share. */
async function process(database: Database, clock: FakeClock, sink = new HeldSink()) {
  const store = await storeOn(database, { sink, clock });
  const errors: unknown[] = [];
  const relay = new OutboxRelay({ sources: () => [store], clock, onError: (error) => errors.push(error), batch: 7 });
  return { store, sink, relay, errors };
}

/** Ten aggregates with three events each that nobody published. */
async function leftBehind(database: Database, clock: FakeClock): Promise<void> {
  const dead = await process(database, clock, new HeldSink(true));
  await Promise.all(Array.from({ length: 10 }, (_, n) => applyAll(dead.store, `a${n}`, 3, `a${n}-`)));
}

const all = Array.from({ length: 10 }, (_, n) => [0, 1, 2].map((at) => `said-a${n}-${at}`)).flat();

function inOrder(ids: readonly string[]): void {
  for (let n = 0; n < 10; n++) expect(ids.filter((id) => id.startsWith(`said-a${n}-`))).toEqual([0, 1, 2].map((at) => `said-a${n}-${at}`));
}

async function cleared(database: Database, store: MongoAggregateStore<Account>): Promise<void> {
  await store.close();
  for (let n = 0; n < 10; n++) expect(await outboxOf(database, `a${n}`)).toEqual([]);
}

describe('the outbox relay', () => {
  it('a process that died between write and publish loses nothing: its successor publishes in array order and clears', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    await leftBehind(database, clock);
    await clock.advance(10_001);
    const successor = await process(database, clock);
    await successor.relay.start();
    expect(successor.sink.ids.toSorted()).toEqual(all.toSorted());
    inOrder(successor.sink.ids);
    await cleared(database, successor.store);
  });

  it('two relays at once publish every event once', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    await leftBehind(database, clock);
    await clock.advance(10_001);
    const [one, two] = [await process(database, clock), await process(database, clock)];
    await Promise.all([one.relay.start(), two.relay.start()]);
    const published = [...one.sink.ids, ...two.sink.ids];
    expect(published.toSorted()).toEqual(all.toSorted());
    inOrder(published);
  });

  it('what is fresh is left to the process that wrote it, and taken over later', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    await leftBehind(database, clock);
    const other = await process(database, clock);
    await other.relay.start();
    expect(other.sink.ids).toEqual([]);
    await clock.advance(10_001);
    await eventually(() => expect(other.sink.ids).toHaveLength(30));
    await other.relay.stop();
  });

  it('what a process is publishing itself it does not publish again, however long Kafka takes', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    const own = await process(database, clock, new HeldSink(true));
    await applyAll(own.store, 'a', 3);
    await clock.advance(60_000);
    await own.relay.start();
    await own.relay.drain(clock.now() + 1);
    expect(own.sink.ids).toEqual(['said-e0', 'said-e1', 'said-e2']);
  });

  it('a process that lives on after its outbox was taken over neither loses a write nor the order', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    const slow = await process(database, clock, new HeldSink(true));
    await slow.store.apply('a', 'first', add(1, 'first'));
    await clock.advance(10_001);
    const other = await process(database, clock);
    await other.relay.start();
    expect(other.sink.ids).toEqual(['said-first']);
    await slow.store.apply('a', 'second', add(1, 'second'));
    expect((await slow.store.read('a'))?.state.sum).toBe(2);
    expect(slow.sink.ids.at(-1)).toBe('said-second');
  });

  it('events that Kafka refuses to take now stay and come with a later sweep', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    await leftBehind(database, clock);
    await clock.advance(10_001);
    const sink = new HeldSink(true);
    const successor = await process(database, clock, sink);
    const first = successor.relay.start();
    // Two batches of seven are in hand at once.
    await eventually(() => expect(sink.ids).toHaveLength(30));
    sink.fail(new UnavailableError('publisher_closed', 'no'));
    await first;
    expect(successor.errors).toEqual([expect.objectContaining({ code: 'publish_failed' })]);
    sink.acknowledge();
    await clock.advance(10_001);
    await eventually(() => expect(sink.ids.slice(30).toSorted()).toEqual(all.toSorted()));
    await successor.relay.stop();
    await cleared(database, successor.store);
  });

  it('draining publishes also what is fresh, and rejects when it cannot', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    await leftBehind(database, clock);
    const failing = await process(database, clock, new HeldSink(true));
    const draining = failing.relay.drain(clock.now() + 1);
    draining.catch(() => undefined);
    await eventually(() => expect(failing.sink.ids).toHaveLength(30));
    failing.sink.fail(new UnavailableError('publisher_failed', 'no'));
    await expect(draining).rejects.toMatchObject({ code: 'publish_failed' });
    await clock.advance(1);
    const successor = await process(database, clock);
    await successor.relay.drain(clock.now());
    expect(successor.sink.ids.toSorted()).toEqual(all.toSorted());
  });
});
