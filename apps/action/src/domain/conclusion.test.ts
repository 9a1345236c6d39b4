// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { hash, sampleAction, SampleWorld, start } from '../../test/sample-world.js';
import { type Change, doubt, send, type Sent } from './action-state.js';
import type { CallResult } from './call-result.js';
import { conclude, type Ended } from './conclusion.js';
import type { Gate } from './gate.js';

const permitted = new SampleWorld().permitted(sampleAction('webhook.send'), 2);
const turn = { now: start + 100, owner: 'a', jitter: 0.5 };
const sent = send(undefined, permitted, { ...turn, now: start }, 1_000, { leaf: hash, at: start }).state as Sent;
const result = (kind: CallResult['kind'], more: Partial<CallResult> = {}): CallResult => ({ kind, code: kind, detail: '', ...more });
const after = (call: CallResult, change: Partial<Ended> = {}): Change => conclude(sent, permitted, { result: call, attempts: 2, inDoubt: false, gate: { gate: 'open' }, ...change }, turn);
const stopped: Gate = { gate: 'end', code: 'stopped', detail: 'a stop' };

describe('what becomes of an action after a call', () => {
  it('what is certain is settled, with the attempts that it took', () => {
    expect(after(result('done'))).toMatchObject({ state: { state: 'settled', result: 'succeeded' }, facts: [{ data: { attempts: 2, code: 'done' }, headers: { intentleaf: hash } }] });
    expect(after(result('refused'))).toMatchObject({ state: { state: 'settled', result: 'failed' } });
    expect(after(result('not_done', { giveUp: true }))).toMatchObject({ state: { state: 'settled', result: 'failed' } });
  });

  it('what was not done waits for its target, unless the gate has closed meanwhile', () => {
    expect(after(result('not_done'))).toMatchObject({ state: { state: 'held', reason: 'target_unavailable', intent: { leaf: hash } }, facts: [] });
    expect(after(result('not_done'), { gate: { gate: 'hold', reason: 'view_stale', detail: '' } })).toMatchObject({ state: { state: 'held', reason: 'view_stale' } });
    expect(after(result('not_done'), { gate: { gate: 'return', code: 'permit_expired', detail: '' } })).toMatchObject({ state: { state: 'returned' }, facts: [{ kind: 'returned', headers: { intentleaf: hash } }] });
    expect(after(result('not_done'), { gate: stopped, attempts: 0 })).toMatchObject({ state: { state: 'settled', code: 'stopped' }, facts: [{ data: { result: 'failed', attempts: 0 } }] });
  });

  it('once it was said that nobody knows, the permit neither waits nor comes back', () => {
    const told = doubt(sent, permitted, result('uncertain'), turn, true).state as Sent;
    const ended = conclude(told, permitted, { result: result('not_done'), attempts: 1, inDoubt: false, gate: { gate: 'return', code: 'permit_expired', detail: '' } }, turn);
    expect(ended).toMatchObject({ state: { state: 'settled', result: 'failed' }, facts: [{ kind: 'outcome', purpose: 'outcome' }] });
  });

  it('what may have been done stays open, also under a stop', () => {
    expect(after(result('uncertain'), { gate: stopped })).toMatchObject({ state: { state: 'sent', attempts: 2, uncertain: { code: 'uncertain', reported: false } }, facts: [] });
  });

  it('a refusal of a repeated call is not taken for a refusal of the first one', () => {
    for (const kind of ['refused', 'not_done'] as const) expect(after(result(kind), { inDoubt: true })).toMatchObject({ state: { state: 'sent', uncertain: {} } });
    expect(after(result('done'), { inDoubt: true })).toMatchObject({ state: { state: 'settled', result: 'succeeded' } });
  });
});
