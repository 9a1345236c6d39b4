// SPDX-License-Identifier: Apache-2.0
import { PermanentError } from '@nervus/messaging';
import { FakeClock } from '@nervus/messaging/testing';
import { describe, expect, it } from 'vitest';
import type { StoreMetrics } from '../src/index.js';
import { type Account, accounts, add, applyAll, event, eventually, freshDatabase, HeldSink, outboxOf, storeOn } from './world.js';

const fresh = freshDatabase();

class Counted implements StoreMetrics {
  documents = 0;
  rounds = 0;
  lost = 0;
  clearedDocuments = 0;
  wrote(_: string, documents: number): void {
    this.documents += documents;
    this.rounds++;
  }
  lostRaces(_: string, documents: number): void {
    this.lost += documents;
  }
  cleared(_: string, documents: number): void {
    this.clearedDocuments += documents;
  }
  relayed(): void {}
  publishFailed(): void {}
}

describe('applying', () => {
  it('50 workers of two processes add to one aggregate and no addition is lost', async () => {
    const database = await fresh();
    const stores = [await storeOn(database), await storeOn(database)];
    await Promise.all(Array.from({ length: 50 }, async (_, worker) => {
      for (let n = 0; n < 4; n++) await stores[worker % 2]!.apply('a', `${worker}-${n}`, add(1, `${worker}-${n}`));
    }));
    expect((await stores[0]!.read('a'))?.state.sum).toBe(200);
  });

  it('an event that was applied before changes nothing, at this process and at another', async () => {
    const database = await fresh();
    const [first, second] = [await storeOn(database), await storeOn(database)];
    const applied = await first.apply('a', 'e', add(5, 'e'));
    expect(applied).toEqual({ outcome: 'applied', state: { owner: 'ann', sum: 5 }, version: 1 });
    for (const store of [first, second]) expect(await store.apply('a', 'e', add(5, 'e'))).toEqual({ outcome: 'duplicate', state: { owner: 'ann', sum: 5 }, version: 1 });
    expect(await first.read('a')).toEqual({ id: 'a', version: 1, state: { owner: 'ann', sum: 5 } });
  });

  it('the same event twice in one round is applied once', async () => {
    const store = await storeOn(await fresh());
    const outcomes = await Promise.all([store.apply('a', 'e', add(5, 'e')), store.apply('a', 'e', add(5, 'e'))]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['applied', 'duplicate']);
  });

  it('events of one aggregate in one round are folded in order into one write', async () => {
    const metrics = new Counted();
    const sink = new HeldSink();
    const store = await storeOn(await fresh(), { metrics, sink });
    await applyAll(store, 'a', 20);
    expect([metrics.documents, metrics.rounds]).toEqual([1, 1]);
    expect(await store.read('a')).toMatchObject({ version: 1, state: { sum: 20 } });
    expect(sink.ids).toEqual(Array.from({ length: 20 }, (_, n) => `said-e${n}`));
  });

  it('a decision that throws fails alone, and the next one sees the state before it', async () => {
    const store = await storeOn(await fresh());
    const results = await Promise.allSettled([
      store.apply('a', '1', add(1, '1')),
      store.apply('a', '2', () => {
        throw new PermanentError('no_money', 'there is none');
      }),
      store.apply('a', '3', add(10, '3')),
      store.apply('a', '4', () => 'unchanged'),
    ]);
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value.outcome : (result.reason as PermanentError).code))).toEqual(['applied', 'no_money', 'applied', 'unchanged']);
    expect(await store.read('a')).toMatchObject({ version: 1, state: { sum: 11 } });
  });

  it('a decision on a state that another process has replaced is made again before anyone is told', async () => {
    const database = await fresh();
    const [first, second] = [await storeOn(database), await storeOn(database)];
    await first.apply('a', '1', add(1, '1'));
    await second.apply('a', '2', add(100, '2'));
    const unchanged = await first.apply('a', '3', (current) => (current!.sum < 100 ? 'unchanged' : { state: { ...current!, sum: -1 }, events: [] }));
    expect(unchanged).toMatchObject({ outcome: 'applied', state: { sum: -1 } });
    await second.apply('a', '4', add(8, '4'));
    const thrown = first.apply('a', '5', (current) => {
      if (current!.sum === -1) throw new PermanentError('stale', 'decided on what is no more');
      return 'unchanged';
    });
    expect(await thrown).toMatchObject({ outcome: 'unchanged', state: { sum: 7 } });
  });

  it('many aggregates of one round are one write each, in one bulk', async () => {
    const metrics = new Counted();
    const store = await storeOn(await fresh(), { metrics });
    await Promise.all(Array.from({ length: 300 }, (_, n) => store.apply(`a${n}`, 'e', add(1, `${n}`))));
    expect([metrics.documents, metrics.rounds, metrics.lost]).toEqual([300, 1, 0]);
    const found = await store.readMany(['a0', 'a299', 'missing']);
    expect([...found.keys()].toSorted()).toEqual(['a0', 'a299']);
  });

  it('a state that cannot be stored fails alone', async () => {
    const store = await storeOn(await fresh());
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const results = await Promise.allSettled([
      store.apply('good', 'e', add(1, 'e')),
      store.apply('bad', 'e', () => ({ state: circular as unknown as Account, events: [] })),
      store.apply('fine', 'e', add(2, 'e')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((results[1] as PromiseRejectedResult).reason).toMatchObject({ name: 'PermanentError', code: 'state_not_storable' });
  });

  it('the ids that are remembered are bounded, oldest forgotten first', async () => {
    const store = await storeOn(await fresh(), { maxApplied: 3 });
    for (let n = 0; n < 5; n++) await store.apply('a', `${n}`, add(1, `${n}`));
    expect((await store.apply('a', '4', add(1, '4'))).outcome).toBe('duplicate');
    expect((await store.apply('a', '0', add(1, '0'))).outcome).toBe('applied');
  });

  it('any JSON is stored as it is, also with names that mean something to the database', async () => {
    const database = await fresh();
    const first = await storeOn(database);
    const state = { owner: 'ann', sum: 1, odd: { 'a.b': 1, $set: { $where: 'x' }, '': [null, true, 1e300, 2 ** 53 - 1, -0.5, 'a\u0000b'], ['__proto__']: 'own' } };
    await first.apply('a.$', 'e', () => ({ state, events: [event('x', JSON.stringify(state))] }));
    expect((await (await storeOn(database)).read('a.$'))?.state).toEqual(state);
  });
});

describe('what is expected to be new', () => {
  it('is not read first; when it is there after all, it is read and decided again', async () => {
    const database = await fresh();
    const [first, second] = [await storeOn(database), await storeOn(database)];
    await first.apply('a', '1', add(1, '1'), { expectNew: true });
    const seen: (number | undefined)[] = [];
    const applied = await second.apply('a', '2', (current) => {
      seen.push(current?.sum);
      return add(2, '2')(current);
    }, { expectNew: true });
    expect(seen).toEqual([undefined, 1]);
    expect(applied).toMatchObject({ outcome: 'applied', state: { sum: 3 }, version: 2 });
  });

  it('an event that was applied before is still known, and nothing is told on a guess', async () => {
    const database = await fresh();
    const [first, second] = [await storeOn(database), await storeOn(database)];
    await first.apply('a', '1', add(1, '1'), { expectNew: true });
    expect(await second.apply('a', '1', add(1, '1'), { expectNew: true })).toMatchObject({ outcome: 'duplicate', state: { sum: 1 } });
    const third = await storeOn(database);
    expect(await third.apply('a', '2', (current) => (current ? add(1, '2')(current) : 'unchanged'), { expectNew: true })).toMatchObject({ outcome: 'applied', state: { sum: 2 } });
  });
});

describe('looking up', () => {
  it('by a declared index, and by no other', async () => {
    const store = await storeOn(await fresh());
    await store.apply('a', '1', add(1, '1', 'ann'));
    await store.apply('b', '1', add(1, '1', 'bob'));
    await store.apply('c', '1', add(-1, '1', 'bob'));
    expect((await store.findBy('owner', 'bob', 10)).map(({ id }) => id).toSorted()).toEqual(['b', 'c']);
    expect(await store.findBy('owner', 'bob', 1)).toHaveLength(1);
    expect((await store.findBy('positive', true, 10)).map(({ id }) => id).toSorted()).toEqual(['a', 'b']);
    await expect(store.findBy('sum', 1, 10)).rejects.toThrow(/declares no index "sum"/);
  });

  it('a look-up that a state has no longer is gone from the index', async () => {
    const store = await storeOn(await fresh());
    await store.apply('a', '1', add(1, '1'));
    await store.apply('a', '2', add(-1, '2'));
    expect(await store.findBy('positive', true, 10)).toEqual([]);
  });

  it('what is due, earliest first, and nothing that has no deadline or a later one', async () => {
    const store = await storeOn(await fresh());
    const dueAt = (due: number | undefined) => (): { state: Account; events: [] } => ({ state: { owner: 'ann', sum: 0, due }, events: [] });
    await Promise.all(Object.entries({ late: 300, soon: 100, never: undefined, now: 200, after: 201 }).map(([id, due]) => store.apply(id, 'e', dueAt(due))));
    expect((await store.findDue(200, 10)).map(({ id }) => id)).toEqual(['soon', 'now']);
    expect((await store.findDue(1000, 2)).map(({ id }) => id)).toEqual(['soon', 'now']);
    await store.apply('soon', 'f', dueAt(undefined));
    expect((await store.findDue(200, 10)).map(({ id }) => id)).toEqual(['now']);
  });
});

describe('expiry', () => {
  const expiring = { ...accounts, expires: ({ due }: Account) => due };
  const until = (due: number, events: ReturnType<typeof event>[] = []) => (): { state: Account; events: ReturnType<typeof event>[] } => ({ state: { owner: 'ann', sum: 0, due }, events });

  it('what has expired is removed, and what has not or waits for Kafka stays', async () => {
    const sink = new HeldSink(true);
    const store = await storeOn(await fresh(), { declaration: expiring, sink });
    await store.apply('old', 'e', until(100));
    await store.apply('young', 'e', until(300));
    await store.apply('unsaid', 'e', until(100, [event('said')]));
    expect(await store.removeExpired(200)).toBe(1);
    expect(await store.read('old')).toBeUndefined();
    expect(await store.read('young')).toBeDefined();
    expect(await store.read('unsaid')).toBeDefined();
    sink.acknowledge();
  });

  it('what was removed begins anew, and is not taken for what it was', async () => {
    const store = await storeOn(await fresh(), { declaration: expiring });
    await store.apply('a', 'e', until(100));
    await store.removeExpired(200);
    expect(await store.apply('a', 'e', add(5, 'e'))).toMatchObject({ outcome: 'applied', state: { sum: 5 } });
  });
});

describe('the outbox', () => {
  it('events are published in the round that stored them, in order per aggregate, and cleared afterwards in bulk', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    const metrics = new Counted();
    const sink = new HeldSink(true);
    const store = await storeOn(database, { sink, clock, metrics });
    await Promise.all(['a', 'b'].map((id) => applyAll(store, id, 3, `${id}-`)));
    expect(sink.ids.filter((id) => id.startsWith('said-a'))).toEqual(['said-a-0', 'said-a-1', 'said-a-2']);
    expect(await outboxOf(database, 'a')).toEqual(['said-a-0', 'said-a-1', 'said-a-2']);
    expect(store.outboxDepth).toBe(6);
    sink.acknowledge();
    await eventually(() => expect(store.outboxDepth).toBe(0));
    await clock.advance(1000);
    await eventually(() => expect(metrics.clearedDocuments).toBe(2));
    expect([await outboxOf(database, 'a'), await outboxOf(database, 'b'), metrics.documents]).toEqual([[], [], 2]);
  });

  it('the next write of an aggregate drops what was acknowledged, without a write for it', async () => {
    const database = await fresh();
    const metrics = new Counted();
    const sink = new HeldSink();
    const store = await storeOn(database, { sink, metrics, clock: new FakeClock() });
    for (let n = 0; n < 5; n++) await store.apply('a', `${n}`, add(1, `${n}`));
    expect(await outboxOf(database, 'a')).toEqual(['said-4']);
    expect([metrics.documents, metrics.clearedDocuments, sink.ids.length]).toEqual([5, 0, 5]);
  });

  it('what Kafka has not acknowledged stays, and is handed over once', async () => {
    const database = await fresh();
    const sink = new HeldSink(true);
    const store = await storeOn(database, { sink });
    for (let n = 0; n < 5; n++) await store.apply('a', `${n}`, add(1, `${n}`));
    expect(await outboxOf(database, 'a')).toEqual([0, 1, 2, 3, 4].map((n) => `said-${n}`));
    expect(sink.ids).toEqual([0, 1, 2, 3, 4].map((n) => `said-${n}`));
  });

  it('what is acknowledged while the next write is on its way is neither published again nor left behind', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    const sink = new HeldSink(true);
    const store = await storeOn(database, { sink, clock });
    await store.apply('a', '1', add(1, '1'));
    await store.apply('a', '2', (current) => {
      queueMicrotask(() => sink.acknowledge());
      return add(1, '2')(current);
    });
    expect(await outboxOf(database, 'a')).toEqual(['said-1', 'said-2']);
    expect(sink.ids).toEqual(['said-1', 'said-2']);
    await eventually(() => expect(store.outboxDepth).toBe(0));
    await clock.advance(1000);
    await eventually(async () => expect(await outboxOf(database, 'a')).toEqual([]));
    expect(sink.ids).toEqual(['said-1', 'said-2']);
  });

  it('until published resolves with the acknowledgement and not before', async () => {
    const sink = new HeldSink(true);
    const store = await storeOn(await fresh(), { sink });
    const done: string[] = [];
    const promise = store.apply('a', 'e', add(1, 'e'), { until: 'published' }).then(({ outcome }) => done.push(outcome));
    await eventually(() => expect(sink.ids).toEqual(['said-e']));
    expect((await store.read('a'))?.version).toBe(1);
    expect(done).toEqual([]);
    sink.acknowledge();
    await promise;
  });

  it('until published of a duplicate waits for what the first time left unpublished, also when its process is gone', async () => {
    const database = await fresh();
    await (await storeOn(database, { sink: new HeldSink(true) })).apply('a', 'e', add(1, 'e'));
    const sink = new HeldSink();
    const successor = await storeOn(database, { sink });
    expect((await successor.apply('a', 'e', add(1, 'e'), { until: 'published' })).outcome).toBe('duplicate');
    expect(sink.ids).toEqual(['said-e']);
  });

  it('a process that takes an aggregate over publishes what was left in its outbox before its own', async () => {
    const database = await fresh();
    await applyAll(await storeOn(database, { sink: new HeldSink(true) }), 'a', 3);
    const sink = new HeldSink();
    await (await storeOn(database, { sink })).apply('a', 'later', add(1, 'later'));
    expect(sink.ids).toEqual(['said-e0', 'said-e1', 'said-e2', 'said-later']);
  });

  it('an event that can never be published is reported and cleared, and holds up no other', async () => {
    const database = await fresh();
    const reported: string[] = [];
    const published: string[] = [];
    const store = await storeOn(database, {
      sink: {
        publish: (events) => {
          const large = events.find(({ value }) => value === 'large');
          if (large) return Promise.reject(new PermanentError('record_too_large', 'larger than Kafka takes', { id: large.id }));
          published.push(...events.map(({ id }) => id));
          return Promise.resolve();
        },
      },
      onUnpublishable: async ({ id }) => void reported.push(id),
    });
    const large = store.apply('a', 'big', (current) => ({ state: { owner: 'ann', sum: current?.sum ?? 0 }, events: [event('big', 'large')] }), { until: 'published' });
    const small = [store.apply('a', 'e', add(1, 'e')), store.apply('b', 'f', add(1, 'f'), { until: 'published' })];
    await expect(large).rejects.toMatchObject({ code: 'record_too_large' });
    await Promise.all(small);
    expect([reported, published]).toEqual([['big'], ['said-e', 'said-f']]);
    await eventually(async () => expect(await outboxOf(database, 'a')).toEqual([]));
  });

  it('when Kafka is away the store waits instead of filling memory, and goes on afterwards', async () => {
    const sink = new HeldSink(true);
    const store = await storeOn(await fresh(), { sink, maxBacklog: 10 });
    await Promise.all(Array.from({ length: 10 }, (_, n) => store.apply(`a${n}`, 'e', add(1, `${n}`))));
    const more: string[] = [];
    const waiting = store.apply('b', 'e', add(1, 'b')).then(({ outcome }) => more.push(outcome));
    await store.read('a0');
    expect([more, store.outboxDepth]).toEqual([[], 10]);
    sink.acknowledge();
    await waiting;
  });

  it('an outbox that is full refuses as unavailable, and nothing is half done', async () => {
    const store = await storeOn(await fresh(), { sink: new HeldSink(true), maxOutbox: 3 });
    await applyAll(store, 'a', 3);
    await expect(store.apply('a', 'more', add(1, 'more'))).rejects.toMatchObject({ name: 'UnavailableError', code: 'outbox_full' });
    expect(await store.read('a')).toMatchObject({ version: 1, state: { sum: 3 } });
  });
});

describe('restarting', () => {
  it('a successor finds state, applied ids and what is unpublished as they were', async () => {
    const database = await fresh();
    await applyAll(await storeOn(database, { sink: new HeldSink(true) }), 'a', 3);
    const successor = await storeOn(database);
    expect(await successor.read('a')).toEqual({ id: 'a', version: 1, state: { owner: 'ann', sum: 3 } });
    expect((await successor.apply('a', 'e1', add(1, 'e1'))).outcome).toBe('duplicate');
    expect(await outboxOf(database, 'a')).toEqual(['said-e0', 'said-e1', 'said-e2']);
  });

  it('closing waits for Kafka, clears what was acknowledged and refuses what comes later', async () => {
    const database = await fresh();
    const sink = new HeldSink(true);
    const store = await storeOn(database, { sink });
    await store.apply('a', 'e', add(1, 'e'));
    const closing = store.close();
    expect(await outboxOf(database, 'a')).toEqual(['said-e']);
    sink.acknowledge();
    await closing;
    expect(await outboxOf(database, 'a')).toEqual([]);
    await expect(store.apply('a', 'f', add(1, 'f'))).rejects.toMatchObject({ code: 'store_closed' });
  });

  it('closing does not wait longer than it is given', async () => {
    const database = await fresh();
    const clock = new FakeClock();
    const store = await storeOn(database, { sink: new HeldSink(true), clock });
    await store.apply('a', 'e', add(1, 'e'));
    const closing = store.close({ drainMs: 500 });
    await clock.advance(500);
    await closing;
    expect(await outboxOf(database, 'a')).toEqual(['said-e']);
  });

  it('the compare-and-set index is there, or every write would scan the collection', async () => {
    const database = await fresh();
    await storeOn(database);
    await storeOn(database);
    const indexes = await database.collection(accounts.name).indexes();
    expect(indexes).toContainEqual(expect.objectContaining({ key: { _id: 1, version: 1 }, unique: true }));
  });
});
