// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { longestQueue } from '@nervus/messaging';
import { FakeClock } from '@nervus/messaging/testing';
import { describe, expect, it } from 'vitest';
import { MongoAggregateStore, type ParkedKey, parkedKeysCollection, StoredKeyParking } from '../src/index.js';
import { freshDatabase, HeldSink } from './world.js';

const fresh = freshDatabase();
const clock = new FakeClock();
const place = (offset: number, key = 'default/run', partition = 0) => ({ topic: 'nervus.ingestion.signals.v1', partition, offset: BigInt(offset), key });

/** What two processes have of one database. */
async function processes(count = 2) {
  const database = await fresh();
  const stores = Array.from({ length: count }, () => new MongoAggregateStore<ParkedKey>({ database, declaration: parkedKeysCollection, sink: new HeldSink(), clock }));
  await stores[0]!.prepare();
  return { database, stores, parkings: stores.map((store) => new StoredKeyParking(store, () => clock.now(), randomUUID)) };
}

describe('parked keys in the database', () => {
  it('who comes later waits, whichever process asks, and it is over when the queue is empty', async () => {
    const [one, other] = (await processes()).parkings;
    expect(await one!.turnOf(place(5))).toBe('free');
    await one!.wait(place(5));
    expect([await other!.turnOf(place(5)), await other!.turnOf(place(9)), await one!.turnOf(place(7))]).toEqual(['first', 'behind', 'behind']);
    await other!.leave(place(5));
    expect([await one!.turnOf(place(9)), await one!.turnOf(place(7))]).toEqual(['behind', 'first']);
    for (const offset of [7, 9]) await other!.leave(place(offset));
    expect(await one!.turnOf(place(11))).toBe('free');
  });

  it('only keys of which something waits are listed, by partition', async () => {
    const [one, other] = (await processes()).parkings;
    await Promise.all([one!.wait(place(1, 'default/a')), other!.wait(place(2, 'default/b')), one!.wait(place(3, 'default/c', 1)), one!.wait(place(4, 'default/d'))]);
    await other!.leave(place(4, 'default/d'));
    expect(await one!.parkedKeys('nervus.ingestion.signals.v1', 0)).toEqual(new Set(['default/a', 'default/b']));
    expect(await other!.parkedKeys('nervus.ingestion.signals.v1', 1)).toEqual(new Set(['default/c']));
  });

  it('20 records of a key that two processes park at once are all in the queue, once each', async () => {
    const { parkings, database } = await processes();
    await Promise.all(Array.from({ length: 20 }, (_, n) => parkings[n % 2]!.wait(place(n % 10))));
    const [stored] = await database.collection<{ _id: string; state: ParkedKey }>(parkedKeysCollection.name).find().toArray();
    expect(stored!.state.waiting).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('a queue that is full holds what comes, instead of growing the document without end', async () => {
    const { parkings: [parking] } = await processes(1);
    await Promise.all(Array.from({ length: longestQueue }, (_, n) => parking!.wait(place(n))));
    await expect(parking!.turnOf(place(longestQueue))).rejects.toMatchObject({ code: 'key_queue_full', retryable: true });
    await parking!.leave(place(0));
    expect(await parking!.turnOf(place(longestQueue))).toBe('behind');
  });

  it('leaving and waiting again is two changes: a record that is redriven and fails again waits again', async () => {
    const { parkings: [parking] } = await processes(1);
    for (let round = 0; round < 3; round++) {
      await parking!.wait(place(1));
      expect(await parking!.turnOf(place(2))).toBe('behind');
      await parking!.leave(place(2));
      await parking!.leave(place(1));
      expect(await parking!.turnOf(place(2))).toBe('free');
    }
  });

  it('an empty queue is removed when its time is over', async () => {
    const { parkings: [parking], stores: [store] } = await processes(1);
    await parking!.wait(place(1));
    await parking!.leave(place(1));
    await parking!.wait(place(1, 'default/other'));
    expect(await store!.removeExpired(clock.now(), 10)).toBe(0);
    expect(await store!.removeExpired(clock.now() + 2 * 3_600_000, 10)).toBe(1);
  });
});
