// SPDX-License-Identifier: Apache-2.0
// Random histories of two processes against a model: whatever is interleaved, dies or is answered late, every event is
// applied exactly once, in one order that all see, and everything that follows from it is published.
import { PermanentError, systemClock } from '@nervus/messaging';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MongoAggregateStore, OutboxRelay } from '../src/index.js';
import { event, freshDatabase, HeldSink } from './world.js';

const fresh = freshDatabase();

interface Journal {
  readonly events: readonly string[];
}

/** What one delivery of an event asks for: `count` events follow; a negative count throws, zero says unchanged. */
interface Delivery {
  readonly aggregate: string;
  readonly eventId: string;
  readonly follows: number;
  readonly process: 0 | 1;
  readonly until: 'stored' | 'published';
}

const aggregates = ['a', 'b', 'c'];
const delivery = fc.record<Delivery>({
  aggregate: fc.constantFrom(...aggregates),
  eventId: fc.nat(25).map(String),
  follows: fc.integer({ min: -1, max: 3 }),
  process: fc.constantFrom(0, 1),
  until: fc.constantFrom('stored', 'published'),
});
/** Rounds of deliveries; those of one round are asked for at once. */
const history = fc.array(fc.array(delivery, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 6 });

const followsOf = (id: string, each: Delivery): number => (each.follows < 0 ? each.follows : (Number(each.eventId) * 7 + id.length) % 4);

describe('the aggregate store against a model', () => {
  it('histories of two processes, of which one dies with unpublished events', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const database = await fresh();
        const sinks = [new HeldSink(), new HeldSink(true)];
        const stores = sinks.map((sink) => new MongoAggregateStore<Journal>({ database, declaration: { name: 'journals' }, sink, clock: systemClock, recentDocuments: 2 }));
        await stores[0]!.prepare();
        const applied = new Map<string, Set<string>>(aggregates.map((id) => [id, new Set()]));
        for (const round of rounds) {
          const outcomes = await Promise.all(
            round.map(async (each) => {
              const follows = followsOf(each.aggregate, each);
              // The second process never hears from Kafka, so nobody can wait for it there.
              const until = each.process === 1 ? 'stored' : each.until;
              const ask = stores[each.process]!.apply(each.aggregate, each.eventId, (current) => {
                if (follows < 0) throw new PermanentError('refused', 'as drawn');
                if (follows === 0) return 'unchanged';
                const events = [...(current?.events ?? []), each.eventId];
                return { state: { events }, events: Array.from({ length: follows }, (_, at) => event(`${each.aggregate}/${each.eventId}/${at}`)) };
              }, { until });
              return { each, follows, outcome: await ask.then((result) => result.outcome, (error: PermanentError) => error.code) };
            }),
          );
          for (const { each, follows, outcome } of outcomes) {
            const before = applied.get(each.aggregate)!;
            if (outcome === 'applied') {
              expect(before.has(each.eventId)).toBe(false);
              before.add(each.eventId);
            } else if (outcome === 'duplicate') expect(outcomes.some((other) => other.each.aggregate === each.aggregate && other.each.eventId === each.eventId && other.outcome === 'applied') || before.has(each.eventId)).toBe(true);
            else expect([outcome, follows < 0]).toEqual(follows < 0 ? ['refused', true] : ['unchanged', false]);
          }
        }
        const journals = await stores[0]!.readMany(aggregates);
        for (const id of aggregates) {
          const { events = [] } = journals.get(id)?.state ?? {};
          expect(events.toSorted()).toEqual([...applied.get(id)!].toSorted());
        }
        // The second process dies; the first one takes over what it left.
        const relay = new OutboxRelay({ sources: () => [stores[0]!], clock: systemClock, onError: (error) => expect.fail(String(error)), batch: 2 });
        await relay.drain(systemClock.now() + 1000);
        await stores[0]!.close();
        for (const id of aggregates) {
          const expected = (journals.get(id)?.state.events ?? []).flatMap((eventId) => Array.from({ length: followsOf(id, { eventId, follows: 1 } as Delivery) }, (_, at) => `${id}/${eventId}/${at}`));
          const published = [...new Set([...sinks[0]!.ids].filter((each) => each.startsWith(`${id}/`)))];
          // First publications come in the order of the state, also across the death of their process.
          expect(published).toEqual(expected);
          const document = await database.collection<{ _id: string; outbox: unknown[] }>('journals').findOne({ _id: id });
          expect(document?.outbox ?? []).toEqual([]);
        }
      }),
      { numRuns: 40 },
    );
  });
});
