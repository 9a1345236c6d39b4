// SPDX-License-Identifier: Apache-2.0
import type { OutgoingEvent } from '@nervus/messaging';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredDocument } from './document.js';
import { type Application, fold } from './fold.js';

interface Sum {
  readonly sum: number;
}

const said = (id: string): OutgoingEvent => ({ id, type: 't', topic: 't', key: 'k', time: '', correlationId: '', hops: 1, extensions: {}, value: null });

/** Adds, does nothing at zero, refuses below. */
const application = (eventId: string, amount: number): Application<Sum> => ({
  eventId,
  decide: (current) => {
    if (amount < 0) throw new Error('refused');
    return amount === 0 ? 'unchanged' : { state: { sum: (current?.sum ?? 0) + amount }, events: [said(eventId)] };
  },
});

const asked = fc.array(fc.tuple(fc.nat(8).map(String), fc.integer({ min: -1, max: 3 })), { maxLength: 20 });

describe('folding', () => {
  it('many at once come to the same as one after the other, but in one write', () => {
    fc.assert(
      fc.property(asked, (list) => {
        const applications = list.map(([eventId, amount]) => application(eventId, amount));
        const atOnce = fold<Sum>(undefined, applications, 64);
        let current: StoredDocument<Sum> | undefined;
        const events: string[] = [];
        const outcomes = applications.map((each) => {
          const { results, next } = fold(current, [each], 64);
          if (next) {
            current = { _id: 'a', version: next.version, state: next.state, applied: next.applied, outbox: [] };
            events.push(...next.events.map(({ id }) => id));
          }
          return results[0]!;
        });
        expect(atOnce.next?.state).toEqual(current?.state);
        expect(atOnce.next?.applied ?? []).toEqual(current?.applied ?? []);
        expect(atOnce.next?.events.map(({ id }) => id) ?? []).toEqual(events);
        expect(atOnce.next?.version).toBe(current && 1);
        expect(atOnce.results.map((result) => ('applied' in result ? [result.applied.outcome, result.applied.state] : 'error'))).toEqual(outcomes.map((result) => ('applied' in result ? [result.applied.outcome, result.applied.state] : 'error')));
      }),
    );
  });

  it('nothing to write says so, and tells the version that stands', () => {
    const current: StoredDocument<Sum> = { _id: 'a', version: 7, state: { sum: 1 }, applied: ['x'], outbox: [] };
    expect(fold(current, [application('x', 1), application('y', 0)], 64)).toEqual({
      results: [{ applied: { outcome: 'duplicate', state: { sum: 1 }, version: 7 } }, { applied: { outcome: 'unchanged', state: { sum: 1 }, version: 7 } }],
    });
  });
});
