// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HeartbeatFacts, ProducerSequences } from './producer-sequences.js';

const action = 'spiffe://nervus.local/service/action';
const approval = 'spiffe://nervus.local/service/approval';
const [first, second] = ['0193f3a0-0000-7000-8000-000000000001', '0193f3a0-0000-7000-8000-000000000002'];

const beat = (facts: Partial<HeartbeatFacts>): HeartbeatFacts => ({ epoch: first, state: 'beating', ackedThrough: -1, sealed: [], ...facts });

describe('sequences of producers', () => {
  it('a record that never came is a gap until it comes', () => {
    const sequences = new ProducerSequences();
    sequences.place(action, first, 0, 0);
    sequences.place(action, first, 3, 1);
    expect(sequences.gaps()).toEqual([{ producer: action, epoch: first, from: 1, to: 2, state: 'open' }]);
    expect(sequences.isBroken(action, first)).toBe(true);
    sequences.place(action, first, 2, 2);
    sequences.place(action, first, 1, 3);
    expect(sequences.gaps()).toEqual([]);
    expect(sequences.isBroken(action, first)).toBe(false);
  });

  it('the same number again is answered with the index it has', () => {
    const sequences = new ProducerSequences();
    expect(sequences.place(action, first, 0, 17)).toBe('placed');
    expect(sequences.place(action, first, 0, 18)).toBe('known');
    expect(sequences.indexOf(action, first, 0)).toBe(17);
    expect(sequences.indexOf(action, second, 0)).toBeUndefined();
    expect(sequences.indexOf(approval, first, 0)).toBeUndefined();
  });

  it('what a killed process never had acknowledged is recovered once a successor seals its epoch, and no more than that', () => {
    const sequences = new ProducerSequences();
    for (const n of [0, 1, 4, 8]) sequences.place(action, first, n, n);
    sequences.beat(action, beat({ ackedThrough: 2 }));
    sequences.beat(action, beat({ epoch: second, sealed: [{ epoch: first }] }));
    expect(sequences.gaps()).toEqual([
      { producer: action, epoch: first, from: 2, to: 2, state: 'open' },
      { producer: action, epoch: first, from: 3, to: 3, state: 'recovered' },
      { producer: action, epoch: first, from: 5, to: 7, state: 'recovered' },
    ]);
  });

  it('a process cannot declare itself dead, nor a process of another service', () => {
    const sequences = new ProducerSequences();
    for (const n of [0, 2]) sequences.place(action, first, n, n);
    sequences.beat(action, beat({ sealed: [{ epoch: first }] }));
    sequences.beat(approval, beat({ epoch: second, sealed: [{ epoch: first }] }));
    expect(sequences.gaps()).toEqual([{ producer: action, epoch: first, from: 1, to: 1, state: 'open' }]);
  });

  it('a clean stop is remembered, and a later word of a successor does not undo it', () => {
    const sequences = new ProducerSequences();
    sequences.place(action, first, 0, 0);
    sequences.beat(action, beat({ state: 'closed' }));
    expect(sequences.stateOf(action, first)).toMatchObject({ state: 'closed', highest: 0 });
    sequences.beat(action, beat({}));
    expect(sequences.stateOf(action, first)).toMatchObject({ state: 'closed' });
  });

  it('any order of arrival of several processes ends without a gap', () => {
    const records = [action, approval].flatMap((producer) => [first, second].flatMap((epoch) => Array.from({ length: 20 }, (_, n) => ({ producer, epoch, n }))));
    fc.assert(
      fc.property(fc.shuffledSubarray(records, { minLength: records.length }), (order) => {
        const sequences = new ProducerSequences();
        order.forEach(({ producer, epoch, n }, index) => expect(sequences.place(producer, epoch, n, index)).toBe('placed'));
        expect(sequences.gaps()).toEqual([]);
        order.forEach(({ producer, epoch, n }, index) => expect(sequences.indexOf(producer, epoch, n)).toBe(index));
        expect([...sequences.states()].map(({ watermark }) => watermark)).toEqual([20, 20, 20, 20]);
      }),
    );
  });
});
