// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Candidate } from './candidate.js';
import type { Moment } from './partition-progress.js';
import { WaitingRoom } from './waiting-room.js';

const candidate = (leaf: string, appendedAt: number): Candidate => ({ leaf, origin: { topic: 't', partition: 0, offset: 0n, appendedAt } }) as Candidate;

describe('records that wait for their predecessor', () => {
  it('an outcome waits for both its decision and its intent', () => {
    const room = new WaitingRoom(() => 0);
    const outcome = candidate('outcome', 10);
    room.wait(outcome, [{ kind: 'decision', leaf: 'd' }, { kind: 'intent', leaf: 'i' }]);
    expect(room.arrived('d')).toEqual([]);
    expect(room.arrived('i')).toEqual([outcome]);
    expect(room.size).toBe(0);
  });

  it('nobody is given up before the topic waited for was read two seconds past the waiter', () => {
    const room = new WaitingRoom(() => 500);
    const intent = candidate('intent', 10_000);
    room.wait(intent, [{ kind: 'decision', leaf: 'd' }]);
    const readTo = (instant: number) => (kind: string, asked: Moment) => kind === 'decision' && asked.appendedAt <= instant && asked.steady === 2_500;
    expect(room.giveUp(readTo(11_999))).toEqual([]);
    expect(room.giveUp(readTo(12_000))).toEqual([intent]);
    expect(room.arrived('d')).toEqual([]);
  });

  it('one predecessor releases everyone who waits for it and nobody else', () => {
    const room = new WaitingRoom(() => 0);
    const [one, two, other] = [candidate('1', 0), candidate('2', 0), candidate('3', 0)];
    room.wait(one, [{ kind: 'decision', leaf: 'd' }]);
    room.wait(two, [{ kind: 'decision', leaf: 'd' }]);
    room.wait(other, [{ kind: 'intent', leaf: 'e' }]);
    expect([...room.awaited()]).toEqual(['decision', 'intent']);
    expect(room.arrived('d')).toEqual([one, two]);
    expect([...room.awaited()]).toEqual(['intent']);
  });
});
