// SPDX-License-Identifier: Apache-2.0
// The use-cases over a store in memory, with scripted targets and time in the test's hand: what needs an exact moment.
import type { StopChanged } from '@nervus/contracts';
import { settled } from '@nervus/messaging/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { ActionBench } from '../../test/action-bench.js';
import { approvedByPeople, sampleAction, start } from '../../test/sample-world.js';
import type { CallResult } from '../domain/call-result.js';
import { askForMs, reportAfterMs } from '../domain/recovery.js';

let bench: ActionBench;
beforeEach(async () => {
  bench = new ActionBench();
  await bench.fresh();
});

const uncertain = (): CallResult => ({ kind: 'uncertain', code: 'outcome_unknown', detail: 'no answer' });
const unreachable = (): CallResult => ({ kind: 'not_done', code: 'target_unreachable', detail: 'refused' });
const stop = (epoch = 1): StopChanged => ({ stopId: sampleAction().actionId, tenant: 'default', scope: { kind: 'all' }, epoch, active: true, reason: 'drill', by: ['person:olga'], at: new Date(start).toISOString(), version: 1 });
/** Runs a handler that waits while the clock moves. */
async function during(work: Promise<unknown>, ms: number): Promise<void> {
  const progress = { over: false };
  void work.finally(() => (progress.over = true));
  for (let spent = 0; !progress.over && spent < ms; spent += 100) await bench.clock.advance(100);
  await work;
}
/** Lets time pass in steps, with a sweep after each. */
async function pass(ms: number, stepMs = 1_000): Promise<void> {
  for (let spent = 0; spent < ms; spent += stepMs) {
    await bench.clock.advance(stepMs);
    await during(bench.sweep(), 2_000);
  }
}

describe('a decision', () => {
  it('of tier 1 costs two writes, and a redelivery none', async () => {
    const event = bench.decision(sampleAction());
    await bench.handle(event);
    expect(bench.store.writes).toBe(2);
    await bench.handle(event);
    expect(bench.store.writes).toBe(2);
    expect(bench.tool.alert.calls).toHaveLength(1);
  });

  it('of tier 2 costs two writes when its receipt comes in time, and one more when it is held', async () => {
    const first = bench.handle(bench.decision(sampleAction('webhook.send'), 2));
    await settled();
    await bench.receipt(0);
    await first;
    expect(bench.store.writes).toBe(2);
    await during(bench.handle(bench.decision(sampleAction('webhook.send'), 2)), 2_000);
    await bench.fresh();
    await bench.receipt(1);
    await pass(1_000, 500);
    expect(bench.outcomes()).toHaveLength(2);
    expect(bench.store.writes).toBe(5);
    expect(bench.intents()).toHaveLength(2);
  });

  it('that is refused or expired, or whose headers say something else, does nothing', async () => {
    const event = bench.decision(sampleAction());
    await bench.handle({ ...event, data: { ...event.data, result: 'refused' } });
    await expect(bench.handle({ ...event, extensions: { ...event.extensions, tier: '0' } })).rejects.toMatchObject({ code: 'header_mismatch', retryable: false });
    const { permit: _, ...without } = event.data;
    await expect(bench.handle({ ...event, data: without })).rejects.toMatchObject({ code: 'permit_missing', retryable: false });
    expect(bench.store.writes).toBe(0);
  });

  it('signed by a key that is not known yet is held by the engine, not dead-lettered', async () => {
    const other = new ActionBench();
    await expect(bench.handle(other.decision(sampleAction()))).rejects.toMatchObject({ name: 'UnavailableError', code: 'permit_unknown_key' });
  });

  it('that comes a moment before the policy set it names waits for it without a write', async () => {
    const early = new ActionBench();
    const work = early.handle(early.decision(sampleAction()));
    await settled();
    expect(early.store.writes).toBe(0);
    await early.fresh();
    await work;
    expect(early.outcomes()).toMatchObject([{ result: 'succeeded' }]);
    expect(early.store.writes).toBe(2);
  });

  it('a stop that comes while the action is being written down is obeyed: nothing is sent', async () => {
    const work = bench.handle(bench.decision(sampleAction()));
    await bench.fresh([stop()], 1);
    await work;
    expect(bench.tool.alert.calls).toEqual([]);
    expect(bench.outcomes()).toMatchObject([{ result: 'failed', code: 'stopped', attempts: 0 }]);
  });
});

describe('a database that answers late', () => {
  it('makes no intent of a permit that ended meanwhile: the log would hold it against us', async () => {
    bench.store.whileRead = () => bench.clock.advance(900_000);
    await bench.handle(bench.decision(sampleAction('webhook.send'), 2));
    expect(bench.intents()).toEqual([]);
    expect(bench.tool.webhook.calls).toEqual([]);
  });
});

describe('a slow target', () => {
  it('holds up no record that shares its lane, and what came of it is still written down', async () => {
    const slow = Promise.withResolvers<CallResult>();
    bench.tool.webhook.results = [() => slow.promise];
    await during(bench.handle(bench.decision(sampleAction('webhook.send'))), 1_000);
    expect(bench.outcomes()).toEqual([]);
    await bench.handle(bench.decision(sampleAction()));
    expect(bench.outcomes()).toMatchObject([{ tool: 'alert', result: 'succeeded' }]);
    slow.resolve({ kind: 'done', code: 'done', detail: '' });
    await bench.idle();
    expect(bench.outcomes()).toMatchObject([{ tool: 'alert' }, { tool: 'webhook', result: 'succeeded', attempts: 1 }]);
  });

  it('holds up the later actions of its own run: they keep their order', async () => {
    const slow = Promise.withResolvers<CallResult>();
    bench.tool.webhook.results = [() => slow.promise];
    const first = sampleAction('webhook.send');
    await during(bench.handle(bench.decision(first)), 1_000);
    await bench.handle(bench.decision(sampleAction('alert.log', { runId: first.runId })));
    await pass(2_000);
    expect(bench.tool.alert.calls).toEqual([]);
    slow.resolve({ kind: 'done', code: 'done', detail: '' });
    await bench.idle();
    await pass(4_000);
    expect(bench.outcomes()).toMatchObject([{ tool: 'webhook', result: 'succeeded' }, { tool: 'alert', result: 'succeeded' }]);
  });
});

describe('a stop while an action waits for its receipt', () => {
  it('ends it before anything is begun: no permit is spent on a call', async () => {
    const work = bench.handle(bench.decision(sampleAction('webhook.send'), 2));
    await settled();
    await bench.fresh([stop()], 1);
    await bench.receipt(0);
    await work;
    expect(bench.outcomes()).toMatchObject([{ result: 'failed', code: 'stopped', attempts: 0 }]);
    expect(bench.store.writes).toBe(1);
  });
});

describe('what is held', () => {
  it('goes back when an automatic permit runs out, and ends when people gave it', async () => {
    await during(bench.handle(bench.decision(sampleAction('webhook.send'), 2)), 2_000);
    await during(bench.handle(bench.decision(sampleAction('webhook.send'), 2, approvedByPeople)), 2_000);
    await pass(900_000, 60_000);
    expect(bench.returned()).toMatchObject([{ code: 'permit_expired' }]);
    expect(bench.outcomes()).toMatchObject([{ result: 'failed', code: 'expired', attempts: 0 }]);
    expect(bench.tool.webhook.calls).toEqual([]);
  });

  it('ends when the key of its permit was revoked meanwhile', async () => {
    await during(bench.handle(bench.decision(sampleAction('webhook.send'), 2)), 2_000);
    bench.world.directory.revoke({ subject: `workload:${bench.world.approval.kid}`, at: new Date(start).toISOString(), reason: 'stolen', expiresAt: new Date(start + 1e9).toISOString(), version: 1 });
    await pass(2_000);
    expect(bench.outcomes()).toMatchObject([{ result: 'failed', code: 'permit_key_revoked' }]);
  });

  it('the intent is recorded again only by a process that may have missed its receipt', async () => {
    await bench.clock.advance(1);
    await during(bench.handle(bench.decision(sampleAction('webhook.send'), 2)), 2_000);
    await pass(4_000);
    expect(bench.intents()).toHaveLength(1);
    const other = new ActionBench(bench.world, bench.clock, bench.store, 'two');
    await other.fresh();
    await bench.clock.advance(30_000);
    await other.fresh();
    const sweep = other.sweep();
    await settled();
    await other.receipt(0);
    await sweep;
    expect(other.intents()).toHaveLength(1);
    expect(other.intents()[0]!.id).toBe(bench.intents()[0]!.id);
    expect(bench.outcomes()).toMatchObject([{ result: 'succeeded' }]);
  });

  it('is left to its owner until it is overdue', async () => {
    bench.tool.webhook.results = [unreachable];
    await bench.handle(bench.decision(sampleAction('webhook.send')));
    const other = new ActionBench(bench.world, bench.clock, bench.store, 'two');
    await other.fresh();
    await bench.clock.advance(1_000);
    await other.sweep();
    expect(other.tool.webhook.calls).toEqual([]);
    await bench.clock.advance(10_000);
    await other.sweep();
    expect(other.tool.webhook.calls).toHaveLength(1);
  });

  it('is taken up by one of two processes that find it at once', async () => {
    bench.tool.webhook.results = [unreachable];
    await bench.handle(bench.decision(sampleAction('webhook.send')));
    const other = new ActionBench(bench.world, bench.clock, bench.store, 'two');
    await other.fresh();
    await bench.clock.advance(10_000);
    await Promise.all([bench.sweep(), other.sweep()]);
    expect(bench.tool.webhook.calls.length + other.tool.webhook.calls.length).toBe(2);
    expect(bench.outcomes()).toHaveLength(1);
  });
});

describe('credentials that identity refuses', () => {
  it.each([
    ['policy_stale', {}, 'returned'],
    ['expired', {}, 'returned'],
    ['expired', approvedByPeople, 'expired'],
    ['tool_not_in_manifest', {}, 'tool_not_in_manifest'],
    ['too_many_requests', approvedByPeople, 'too_many_requests'],
  ])('%s', async (code, permit, expected) => {
    const work = bench.handle(bench.decision(sampleAction('http.request'), 1, permit));
    await settled();
    await bench.refuse(code);
    await work;
    expect(bench.tool.http.calls).toEqual([]);
    if (expected === 'returned') expect(bench.returned()).toHaveLength(1);
    else expect(bench.outcomes()).toMatchObject([{ result: 'failed', code: expected, attempts: 0 }]);
  });

  it('permit_not_yet_valid: by its clock, which is a little behind ours; it is asked again', async () => {
    const work = bench.handle(bench.decision(sampleAction('http.request')));
    await settled();
    await bench.refuse('permit_not_yet_valid');
    await work;
    expect([...bench.outcomes(), ...bench.returned()]).toEqual([]);
    const asked = bench.asked.length;
    await pass(2_000, 500);
    expect(bench.asked.length).toBe(asked + 1);
  });
});

describe('what nobody knows', () => {
  it('is sent again under the same key where that does nothing twice', async () => {
    bench.tool.webhook.results = [uncertain];
    await bench.handle(bench.decision(sampleAction('webhook.send')));
    expect(bench.outcomes()).toEqual([]);
    await pass(1_000);
    expect(bench.tool.webhook.calls.map(({ attempt, permitted }) => [attempt, permitted.idempotencyKey])).toEqual([1, 2].map((n) => [n, bench.tool.webhook.calls[0]!.permitted.idempotencyKey]));
    expect(bench.outcomes()).toMatchObject([{ result: 'succeeded', attempts: 2 }]);
  });

  it('is never sent again where it would be done twice: asked for, told to everyone after a minute, and answered when the target can', async () => {
    bench.tool.webhook.routed = { ...bench.tool.webhook.routed, idempotency: 'none', canAsk: true };
    bench.tool.webhook.results = [uncertain];
    await bench.handle(bench.decision(sampleAction('webhook.send')));
    await pass(reportAfterMs - 2_000);
    expect(bench.outcomes()).toEqual([]);
    await pass(90_000);
    expect(bench.outcomes()).toMatchObject([{ result: 'unknown', code: 'outcome_unknown' }]);
    bench.tool.webhook.found = 'done';
    await pass(600_000, 10_000);
    expect(bench.outcomes()).toMatchObject([{ result: 'unknown' }, { result: 'succeeded', code: 'reconciled' }]);
    expect(bench.tool.webhook.calls).toHaveLength(1);
    expect(new Set(bench.store.published.map(({ id }) => id)).size).toBe(2);
  });

  it('that a target says was not done has failed, and is left to a new proposal', async () => {
    bench.tool.webhook.routed = { ...bench.tool.webhook.routed, idempotency: 'none', canAsk: true };
    bench.tool.webhook.results = [uncertain];
    bench.tool.webhook.found = 'not_done';
    await bench.handle(bench.decision(sampleAction('webhook.send')));
    await pass(1_000);
    expect(bench.outcomes()).toMatchObject([{ result: 'failed', code: 'not_done' }]);
  });

  it('is not asked about for ever', async () => {
    bench.tool.webhook.routed = { ...bench.tool.webhook.routed, idempotency: 'none', canAsk: true };
    bench.tool.webhook.results = [uncertain];
    await bench.handle(bench.decision(sampleAction('webhook.send')));
    await pass(askForMs + 600_000, 300_000);
    const { writes } = bench.store;
    await pass(3_600_000, 600_000);
    expect(bench.store.writes).toBe(writes);
    expect(bench.outcomes()).toMatchObject([{ result: 'unknown' }]);
  });

  it('stays open when the repeated call is refused: that says nothing about the first one', async () => {
    bench.tool.webhook.results = [uncertain, () => ({ kind: 'refused', code: 'target_refused', detail: '' })];
    await bench.handle(bench.decision(sampleAction('webhook.send')));
    await pass(1_000);
    expect(bench.tool.webhook.calls).toHaveLength(2);
    expect(bench.outcomes()).toEqual([]);
  });

  it('is not sent again when the key of its permit was revoked meanwhile', async () => {
    bench.tool.webhook.results = [uncertain];
    await bench.handle(bench.decision(sampleAction('webhook.send')));
    bench.world.directory.revoke({ subject: `workload:${bench.world.approval.kid}`, at: new Date(start + 1).toISOString(), reason: 'stolen', expiresAt: new Date(start + 1e9).toISOString(), version: 1 });
    await pass(2_000);
    expect(bench.tool.webhook.calls).toHaveLength(1);
    expect(bench.outcomes()).toMatchObject([{ result: 'unknown' }]);
  });

  it('is not sent again under a stop', async () => {
    bench.tool.webhook.results = [uncertain];
    await bench.handle(bench.decision(sampleAction('webhook.send')));
    await bench.fresh([stop()], 1);
    await pass(2_000);
    expect(bench.tool.webhook.calls).toHaveLength(1);
    expect(bench.outcomes()).toMatchObject([{ result: 'unknown' }]);
  });

  it('what came of a call is written down although the database was away for a moment', async () => {
    bench.tool.alert.results = [
      () => {
        bench.store.failures = 3;
        return { kind: 'done', code: 'done', detail: '' };
      },
    ];
    await during(bench.handle(bench.decision(sampleAction())).then(() => bench.idle()), 5_000);
    expect(bench.outcomes()).toMatchObject([{ result: 'succeeded', attempts: 1 }]);
    expect(bench.tool.alert.calls).toHaveLength(1);
  });

  it('a late answer of a process that was given up counts when it was done, and only then', async () => {
    for (const late of ['done', 'refused'] as const) {
      const slow = Promise.withResolvers<CallResult>();
      bench = new ActionBench();
      await bench.fresh();
      bench.tool.webhook.routed = { ...bench.tool.webhook.routed, idempotency: 'none', canAsk: true };
      bench.tool.webhook.results = [() => slow.promise];
      const work = bench.handle(bench.decision(sampleAction('webhook.send')));
      await settled();
      await bench.clock.advance(11_000);
      await bench.sweep();
      slow.resolve({ kind: late, code: late, detail: '' });
      await work;
      await bench.idle();
      expect(bench.outcomes().map(({ result }) => result)).toEqual(late === 'done' ? ['succeeded'] : []);
    }
  });
});
