// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash, sampleAction, SampleWorld, start } from '../../test/sample-world.js';
import { type ActionState, admit, counted, doubt, doubtMs, dueAt, giveBack, type Held, hold, holdMs, type Intent, outcomeOf, send, type Sent, settle, type Turn, unbegun } from './action-state.js';
import type { HoldReason } from './gate.js';
import type { Permitted } from './permitted.js';

const world = new SampleWorld();
const turn = (change: Partial<Turn> = {}): Turn => ({ now: start, owner: 'a', jitter: 0.5, ...change });
const leaseMs = 1_000;
const sentAs = (current: ActionState | undefined, permitted: Permitted, at = turn(), intent?: Intent): Sent => send(current, permitted, at, leaseMs, intent).state as Sent;
const heldAs = (current: ActionState | undefined, permitted: Permitted, reason: HoldReason, at = turn(), intent?: Intent): Held => hold(current, permitted, reason, at, intent).state as Held;
const intent: Intent = { leaf: hash, at: start };
const done = { kind: 'done', code: 'done', detail: 'written' } as const;

describe('one action', () => {
  it('a permit is spent before the effect, and a second use of it is already_consumed whatever became of the first', () => {
    const permitted = world.permitted();
    const { jti } = permitted.claims;
    const sent = sentAs(undefined, permitted, turn());
    expect(sent.spent).toEqual([jti]);
    expect(admit(undefined, jti)).toBe('new');
    expect(admit(sent, jti)).toBe('already_consumed');
    expect(admit(settle(sent, permitted, outcomeOf(sent, 'succeeded', done, start), start).state, jti)).toBe('already_consumed');
    expect(admit(giveBack(undefined, permitted, 'permit_expired', start).state, jti)).toBe('already_consumed');
    expect(admit(heldAs(undefined, permitted, 'view_stale', turn()), jti)).toBe('known');
  });

  it('another permit for an action that was begun or is over does nothing; for one that was given back it is the next try', () => {
    const action = sampleAction();
    const [first, second] = [world.permitted(action), world.permitted(action)];
    const sent = sentAs(undefined, first, turn());
    const next = second.claims.jti;
    expect(admit(sent, next)).toBe('already_consumed');
    expect(admit(settle(sent, first, outcomeOf(sent, 'failed', done, start), start).state, next)).toBe('already_consumed');
    const returned = giveBack(undefined, first, 'policy_stale', start).state;
    expect(admit(returned, next)).toBe('new');
    expect(sentAs(returned, second, turn()).spent).toEqual([first.claims.jti, next]);
  });

  it('what is held is looked at again, and in any case when its permit runs out', () => {
    const permitted = world.permitted();
    const held = heldAs(undefined, permitted, 'receipt_missing', turn(), intent);
    expect(held).toMatchObject({ tries: 1, intent: { leaf: hash } });
    expect(dueAt(held)).toBe(start + 500);
    const again = heldAs(held, permitted, 'receipt_missing', turn({ now: start + 299_900 }));
    expect(again).toMatchObject({ tries: 2, intent });
    expect(dueAt(again)).toBe(permitted.claims.exp * 1000);
    expect(dueAt(heldAs(undefined, permitted, 'view_stale', turn({ now: start + 400_000 })))).toBe(start + 400_000);
  });

  it('an intent stays with the permit that it names', () => {
    const action = sampleAction();
    const held = heldAs(undefined, world.permitted(action), 'receipt_missing', turn(), intent);
    expect(heldAs(held, world.permitted(action), 'view_stale', turn())).not.toHaveProperty('intent');
    const permitted = world.permitted(action);
    const sent = sentAs(undefined, permitted, turn(), intent);
    expect(heldAs(sent, permitted, 'target_unavailable', turn()).intent).toEqual({ leaf: hash, at: start });
  });

  it('the outcome names decision, permit and intent in signed headers, and hashes instead of content', () => {
    const permitted = world.permitted(sampleAction('webhook.send'), 2);
    const sent = sentAs(undefined, permitted, turn(), intent);
    const outcome = outcomeOf(sent, 'succeeded', { ...done, request: { sha256: hash, bytes: 10 }, response: { status: 202, sha256: hash, bytes: 2 } }, start + 50);
    const [fact] = settle(sent, permitted, outcome, start + 50).facts;
    expect(fact).toMatchObject({
      kind: 'outcome', purpose: 'outcome', cause: permitted.cause,
      headers: { actiondigest: permitted.digest, tier: '2', permit: permitted.permit, decisionleaf: permitted.decisionLeaf, intentleaf: hash, result: 'succeeded' },
      data: { result: 'succeeded', attempts: 1, jti: permitted.claims.jti, idempotencyKey: permitted.idempotencyKey, startedAt: '2026-11-24T10:00:00.000Z', finishedAt: '2026-11-24T10:00:00.050Z' },
    });
    expect(JSON.stringify(fact?.data)).not.toContain('intentLeaf');
  });

  it('what never began says so: no attempt, no start', () => {
    const permitted = world.permitted();
    const [fact] = settle(undefined, permitted, unbegun('stopped', 'a stop', start), start).facts;
    expect(fact?.data).toMatchObject({ result: 'failed', code: 'stopped', attempts: 0 });
    expect(fact?.data).not.toHaveProperty('startedAt');
  });

  it('a returned permit names its intent, so that audit can close it', () => {
    const permitted = world.permitted(sampleAction(), 2);
    const held = heldAs(undefined, permitted, 'receipt_missing', turn(), intent);
    expect(giveBack(held, permitted, 'permit_expired', start).facts).toMatchObject([{ kind: 'returned', purpose: 'permit-returned', data: { code: 'permit_expired' }, headers: { intentleaf: hash } }]);
  });

  it('that nobody knows is said once, and the answer afterwards once more', () => {
    const permitted = world.permitted();
    const sent = sentAs(undefined, permitted, turn());
    const silent = doubt(sent, permitted, { code: 'outcome_unknown', detail: 'no answer' }, turn(), false);
    const unsure = silent.state as Sent;
    expect(silent).toMatchObject({ state: { uncertain: { since: start, asked: 1, reported: false } }, facts: [] });
    const said = doubt(unsure, permitted, { code: 'outcome_unknown', detail: 'no answer' }, turn({ now: start + 60_000 }), true);
    expect(said).toMatchObject({ state: { uncertain: { since: start, asked: 2, reported: true } }, facts: [{ purpose: 'outcome-unknown', data: { result: 'unknown' } }] });
    const told = said.state as Sent;
    expect(doubt(told, permitted, { code: 'outcome_unknown', detail: '' }, turn(), true).facts).toEqual([]);
    expect(settle(told, permitted, outcomeOf(told, 'unknown', done, start), start).facts).toEqual([]);
    expect(settle(told, permitted, outcomeOf(told, 'succeeded', done, start), start).facts).toMatchObject([{ purpose: 'outcome', data: { result: 'succeeded' } }]);
  });

  it('waits grow and end: half a second to half a minute for what is held, one second to five minutes for what is in doubt', () => {
    expect([1, 2, 3, 20, 1000].map((tries) => holdMs(tries, 0.5))).toEqual([500, 1_000, 2_000, 30_000, 30_000]);
    expect([holdMs(1, 0), holdMs(1, 1)]).toEqual([400, 600]);
    expect([1, 2, 20, 1000].map(doubtMs)).toEqual([1_000, 2_000, 300_000, 300_000]);
    const permitted = world.permitted();
    const twice = heldAs(sentAs(heldAs(undefined, permitted, 'target_unavailable'), permitted), permitted, 'target_unavailable');
    expect(twice.tries).toBe(2);
  });

  it('calling again counts, and keeps when it began and what is not known', () => {
    const permitted = world.permitted();
    const first = doubt(sentAs(undefined, permitted, turn(), intent), permitted, { code: 'x', detail: 'y' }, turn(), false).state as Sent;
    expect(sentAs(first, permitted, turn({ now: start + 5000 }))).toMatchObject({ attempts: 2, startedAt: start, intentLeaf: hash, uncertain: { code: 'x' }, spent: [permitted.claims.jti] });
    expect(counted(first, 3).attempts).toBe(3);
  });

  it('in whatever order records and sweeps come, an action succeeds at most once and no permit is used twice', () => {
    const action = sampleAction();
    const permits = [0, 1, 2].map(() => world.permitted(action));
    const step = fc.oneof(fc.record({ kind: fc.constant('decision' as const), n: fc.nat(2) }), fc.record({ kind: fc.constantFrom('hold' as const, 'resume' as const, 'succeed' as const, 'fail' as const, 'doubt' as const, 'return' as const), n: fc.constant(0) }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let state: ActionState | undefined;
        const outcomes: string[] = [];
        const permittedOf = (): Permitted => permits.find(({ claims }) => claims.jti === state?.jti)!;
        const put = (change: { state: ActionState; facts: readonly { kind: string; data: { jti: string } }[] }): void => {
          for (const fact of change.facts) if (fact.kind === 'outcome' && 'result' in fact.data && fact.data.result !== 'unknown') outcomes.push(fact.data.jti);
          state = change.state;
        };
        for (const { kind, n } of steps) {
          if (kind === 'decision') {
            if (admit(state, permits[n]!.claims.jti) === 'new') put(send(state, permits[n]!, turn(), leaseMs));
          } else if (state?.state === 'sent') {
            if (kind === 'hold') put(hold(state, permittedOf(), 'target_unavailable', turn()));
            if (kind === 'succeed') put(settle(state, permittedOf(), outcomeOf(state, 'succeeded', done, start), start));
            if (kind === 'doubt') put(doubt(state, permittedOf(), done, turn(), true));
          } else if (state?.state === 'held') {
            if (kind === 'resume') put(send(state, permittedOf(), turn(), leaseMs));
            if (kind === 'fail') put(settle(state, permittedOf(), unbegun('stopped', '', start), start));
            if (kind === 'return') put(giveBack(state, permittedOf(), 'permit_expired', start));
          }
        }
        expect(outcomes.length).toBeLessThanOrEqual(1);
        // After an outcome nothing ever begins again.
        if (state?.state === 'sent' || state?.state === 'held') expect(outcomes).toEqual([]);
      }),
    );
  });
});
