// SPDX-License-Identifier: Apache-2.0
import { DecisionMade, IntentRecorded, OutcomeRecorded, PermitReturned } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { type ActionChain, withDecision, withIntent, withOutcome, withReturned } from './action-chain.js';
import type { Place } from './place.js';
import { standingOf, stepsOf } from './result-chain.js';

const requestId = 'c8f34fd3-0b01-5c2d-9a4e-8b7c6d5e4f30';
const at = (offset: number, partition = 0): Place => ({ partition, offset: String(offset), at: 1_000_000 + offset });
const decision = { ...DecisionMade.examples[0]!, code: 'approved', request: { requestId, revision: 1, votes: [], evidenceHash: DecisionMade.examples[0]!.digest } };
const outcome = OutcomeRecorded.examples[0]!;
const known = (chain: ActionChain | 'unchanged'): ActionChain => {
  if (chain === 'unchanged') throw new Error('nothing changed');
  return chain;
};
const decided = known(withDecision(undefined, 'default', decision, at(1)));
const asked = { requestId, state: 'open', code: null, approvals: 0, quorum: 1, openedAt: '2026-11-24T10:00:00.000Z', at: 0 } as const;
const permitted = { ...asked, state: 'permitted', code: 'approved', approvals: 1 } as const;

describe('what became of an action', () => {
  it('approved is not done, and begun is not done either', () => {
    expect(standingOf(permitted, decided)).toMatchObject({ state: 'permitted', sentence: expect.stringContaining('not done yet') });
    expect(standingOf(permitted, known(withIntent(decided, 'default', IntentRecorded.examples[0]!, at(1))))).toMatchObject({ state: 'started' });
  });

  it.each([['succeeded', 'done'], ['failed', 'failed'], ['unknown', 'unknown']] as const)('an outcome %s is %s', (result, state) => {
    expect(standingOf(permitted, known(withOutcome(decided, 'default', { ...outcome, result }, at(1)))).state).toBe(state);
  });

  it('a decision that is seen before its request is not shown as an open question', () => {
    expect(standingOf(asked, decided).state).toBe('permitted');
    expect(standingOf(asked, known(withDecision(undefined, 'default', { ...decision, result: 'refused', code: 'stopped' }, at(1))))).toEqual({ state: 'refused', sentence: 'It was refused (stopped) and will not be done.' });
  });

  it('a decision about a newer request does not decide the one it replaced', () => {
    expect(standingOf({ ...asked, requestId: 'other' }, decided).state).toBe('asked');
    expect(standingOf({ ...asked, requestId: 'other', state: 'superseded' }, decided).state).toBe('superseded');
  });

  it('an unknown outcome never covers the reconciled one that came later, in whatever order they are read again', () => {
    const unknown = { ...outcome, result: 'unknown', code: 'timeout' } as const;
    const reconciled = { ...outcome, code: 'reconciled' };
    const both = known(withOutcome(known(withOutcome(decided, 'default', unknown, at(4))), 'default', reconciled, at(9)));
    expect(withOutcome(both, 'default', unknown, at(4))).toBe('unchanged');
    expect(both.outcome).toMatchObject({ result: 'succeeded', code: 'reconciled' });
    expect(known(withOutcome(both, 'default', { ...outcome, detail: 'newer' }, at(10))).outcome?.detail).toBe('newer');
  });

  it('steps stand in the order of time, the question first', () => {
    const chain = known(withOutcome(known(withReturned(known(withIntent(decided, 'default', IntentRecorded.examples[0]!, at(5))), 'default', PermitReturned.examples[0]!, at(7))), 'default', outcome, at(9)));
    expect(stepsOf(permitted, chain).map(({ step }) => step)).toEqual(['request', 'decision', 'intent', 'permit returned', 'outcome']);
  });
});
