// SPDX-License-Identifier: Apache-2.0
import type { Idempotency } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { SampleWorld, start } from '../../test/sample-world.js';
import { doubt, send, type Sent } from './action-state.js';
import { type CallResult, type Found, mayRepeat } from './call-result.js';
import type { Gate } from './gate.js';
import { askForMs, type Evidence, recover, reportAfterMs } from './recovery.js';

const world = new SampleWorld();
const permitted = world.permitted();
const turn = { now: start, owner: 'a', jitter: 0.5 };
const sent = send(undefined, permitted, turn, 1_000).state as Sent;
const open: Gate = { gate: 'open' };
const held: Gate = { gate: 'hold', reason: 'view_stale', detail: '' };
const expired: Gate = { gate: 'return', code: 'permit_expired', detail: '' };
const stopped: Gate = { gate: 'end', code: 'stopped', detail: 'a stop' };
const evidence = (found: Found, idempotency: Idempotency, gate: Gate, canAsk = true): Evidence => ({ found, idempotency, gate, canAsk });

describe('what to do about an action of which nobody knows what came', () => {
  it('the target that says it was done settles it, also under a stop and after the permit', () => {
    for (const gate of [open, held, expired, stopped]) expect(recover(sent, evidence('done', 'none', gate), start)).toMatchObject({ step: 'settle', result: 'succeeded', code: 'reconciled' });
  });

  it.each<[Found, Idempotency, Gate, string]>([
    ['not_done', 'native', open, 'send_again'],
    ['not_done', 'natural', held, 'wait'],
    ['not_done', 'native', expired, 'return'],
    ['not_done', 'native', stopped, 'settle'],
    ['not_done', 'none', open, 'settle'],
    ['cannot_tell', 'native', open, 'send_again'],
    ['cannot_tell', 'natural', held, 'wait'],
    ['cannot_tell', 'native', expired, 'wait'],
    ['cannot_tell', 'none', open, 'wait'],
  ])('%s, idempotency %s, gate %o: %s', (found, idempotency, gate, step) => {
    expect(recover(sent, evidence(found, idempotency, gate), start).step).toBe(step);
  });

  it('a permit of which it was said that nobody knows does not come back: it counts as used', () => {
    const told = doubt(sent, permitted, { code: 'outcome_unknown', detail: '' }, turn, true).state as Sent;
    expect(recover(told, evidence('not_done', 'native', expired), start)).toMatchObject({ step: 'settle', result: 'failed', code: 'not_done' });
  });

  it('never sends again what could be done twice, and nothing under a stop or an ended permit', () => {
    for (const found of ['not_done', 'cannot_tell'] as const) {
      for (const gate of [held, expired, stopped]) for (const idempotency of ['native', 'natural', 'none'] as const) expect(recover(sent, evidence(found, idempotency, gate), start).step).not.toBe('send_again');
      expect(recover(sent, evidence(found, 'none', open), start).step).not.toBe('send_again');
    }
  });

  it('a target that cannot be asked leaves the outcome unknown at once: no guess, a case for a person', () => {
    expect(recover(sent, evidence('cannot_tell', 'none', open, false), start)).toMatchObject({ step: 'settle', result: 'unknown', code: 'interrupted' });
    expect(recover(sent, evidence('cannot_tell', 'native', stopped, false), start)).toMatchObject({ step: 'settle', result: 'unknown' });
  });

  it('everyone is told after a while, and it is not asked for ever', () => {
    const unsure = doubt(sent, permitted, { code: 'outcome_unknown', detail: 'no answer' }, turn, false).state as Sent;
    expect(recover(unsure, evidence('cannot_tell', 'none', open), start + reportAfterMs - 1)).toMatchObject({ step: 'wait', report: false, code: 'outcome_unknown' });
    expect(recover(unsure, evidence('cannot_tell', 'none', open), start + reportAfterMs)).toMatchObject({ step: 'wait', report: true });
    expect(recover(unsure, evidence('cannot_tell', 'none', open), start + askForMs)).toMatchObject({ step: 'settle', result: 'unknown', code: 'outcome_unknown' });
  });
});

describe('whether a call may be repeated', () => {
  it.each<[CallResult['kind'], Idempotency, boolean]>([
    ['not_done', 'none', true],
    ['uncertain', 'none', false],
    ['uncertain', 'native', true],
    ['uncertain', 'natural', true],
    ['refused', 'native', false],
    ['done', 'native', false],
  ])('%s under %s: %s', (kind, idempotency, expected) => {
    expect(mayRepeat({ kind }, idempotency)).toBe(expected);
  });
});
