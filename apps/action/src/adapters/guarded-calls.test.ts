// SPDX-License-Identifier: Apache-2.0
import type { Idempotency } from '@nervus/contracts';
import { systemClock } from '@nervus/messaging';
import { describe, expect, it, vi } from 'vitest';
import { sampleAction, SampleWorld } from '../../test/sample-world.js';
import type { CallResult } from '../domain/call-result.js';
import type { PermittedCall, ToolExecutor } from '../domain/tool.js';
import { type Called, type CallLimits, type CallRequest, GuardedCalls } from './guarded-calls.js';

const permitted = new SampleWorld().permitted(sampleAction('webhook.send'), 2);
const done: CallResult = { kind: 'done', code: 'done', detail: '' };
const uncertain: CallResult = { kind: 'uncertain', code: 'outcome_unknown', detail: '' };
const unreachable: CallResult = { kind: 'not_done', code: 'target_unreachable', detail: '' };
const refused: CallResult = { kind: 'refused', code: 'target_refused', detail: '' };

/** An executor that does what it is told, call after call, and remembers each. */
function scripted(...results: (CallResult | ((call: PermittedCall) => Promise<CallResult>))[]): ToolExecutor & { readonly calls: PermittedCall[] } {
  const calls: PermittedCall[] = [];
  return {
    tool: 'webhook', calls,
    route: () => ({ destination: 'desk', idempotency: 'native', canAsk: false }),
    reconcile: () => Promise.resolve('cannot_tell'),
    check: () => Promise.resolve(undefined),
    execute(call) {
      const result = results[calls.length] ?? results.at(-1)!;
      calls.push(call);
      return typeof result === 'function' ? result(call) : Promise.resolve(result);
    },
  };
}

const guarded = (limits: CallLimits = {}): { calls: GuardedCalls; retried: string[] } => {
  const retried: string[] = [];
  return { retried, calls: new GuardedCalls(systemClock, { retried: (tool) => retried.push(tool) }, { backoffMs: 1, restMs: 30, ...limits }) };
};
const request = (change: Partial<CallRequest> & { idempotency?: Idempotency } = {}): CallRequest => ({
  permitted, attempt: 1, startedAt: 0, route: { destination: 'desk', idempotency: change.idempotency ?? 'native', canAsk: false }, deadline: systemClock.now() + 5_000, mayStart: () => true, ...change,
});

describe('one call behind its guards', () => {
  it('what was certainly not done is tried again, and counted', async () => {
    const executor = scripted(unreachable, unreachable, done);
    const { calls, retried } = guarded();
    expect(await calls.execute(executor, request({ idempotency: 'none', attempt: 3 }))).toEqual({ attempts: 3, result: done } satisfies Called);
    expect(executor.calls.map(({ attempt }) => attempt)).toEqual([3, 4, 5]);
    expect(retried).toEqual(['webhook.send', 'webhook.send']);
  });

  it('what may have been done is never sent twice to a target that would do it twice', async () => {
    const executor = scripted(uncertain, done);
    expect(await guarded().calls.execute(executor, request({ idempotency: 'none' }))).toEqual({ attempts: 1, result: uncertain });
    expect(await guarded().calls.execute(scripted(uncertain, done), request({ idempotency: 'native' }))).toEqual({ attempts: 2, result: done });
  });

  it('once an attempt may have been done, a later refusal does not make it certain that nothing was', async () => {
    expect(await guarded().calls.execute(scripted(uncertain, refused), request())).toEqual({ attempts: 2, result: uncertain });
    expect(await guarded().calls.execute(scripted(uncertain, unreachable), request())).toMatchObject({ result: uncertain });
    expect(await guarded().calls.execute(scripted(unreachable, refused), request())).toEqual({ attempts: 2, result: refused });
  });

  it('a stop between two attempts ends the trying', async () => {
    let open = true;
    const executor = scripted(() => {
      open = false;
      return Promise.resolve(unreachable);
    }, done);
    expect(await guarded().calls.execute(executor, request({ mayStart: () => open }))).toMatchObject({ attempts: 1, result: { kind: 'not_done', code: 'gate_closed' } });
    expect(executor.calls).toHaveLength(1);
    expect(await guarded().calls.execute(scripted(done), request({ mayStart: () => false }))).toMatchObject({ attempts: 0, result: { kind: 'not_done' } });
  });

  it('after its deadline nothing is sent, and what is under way is told to end', async () => {
    expect(await guarded().calls.execute(scripted(done), request({ deadline: 0 }))).toMatchObject({ attempts: 0, result: { kind: 'not_done', code: 'deadline_reached' } });
    const hanging = scripted((call) => new Promise((resolve) => call.signal.addEventListener('abort', () => resolve(uncertain))));
    expect(await guarded().calls.execute(hanging, request({ deadline: systemClock.now() + 30 }))).toEqual({ attempts: 1, result: uncertain });
  });

  it('a broken target is left alone for a while, then tried with one call', async () => {
    const { calls } = guarded({ retries: 0, breakAfter: 3 });
    const executor = scripted(unreachable, unreachable, unreachable, done);
    const route = { destination: 'desk', idempotency: 'native', canAsk: false } as const;
    for (let n = 0; n < 3; n++) await calls.execute(executor, request());
    expect(calls.isAvailable(executor, { permitted }, route)).toBe(false);
    expect(calls.breakerStates()).toEqual(new Map([['webhook.send', 2]]));
    expect(await calls.execute(executor, request())).toMatchObject({ attempts: 0, result: { kind: 'not_done', code: 'breaker_open' } });
    expect(await calls.execute(executor, request({ route: { ...route, destination: 'another' } }))).toMatchObject({ result: done });
    await vi.waitFor(() => expect(calls.isAvailable(executor, { permitted }, route)).toBe(true));
    expect(await calls.execute(executor, request())).toMatchObject({ attempts: 1, result: done });
    expect(calls.breakerStates()).toEqual(new Map([['webhook.send', 0]]));
  });

  it('a target that refuses is not a broken one', async () => {
    const { calls } = guarded({ breakAfter: 2 });
    const executor = scripted(refused);
    for (let n = 0; n < 5; n++) expect(await calls.execute(executor, request())).toMatchObject({ attempts: 1 });
  });

  it('no more calls than slots reach a target at once, and a full queue sends nothing', async () => {
    const { calls } = guarded({ concurrent: 1, queued: 1 });
    const gate = Promise.withResolvers<CallResult>();
    const executor = scripted(() => gate.promise, done);
    const first = calls.execute(executor, request());
    const second = calls.execute(executor, request());
    expect(await calls.execute(executor, request())).toMatchObject({ attempts: 0, result: { kind: 'not_done', code: 'no_slot' } });
    expect(executor.calls).toHaveLength(1);
    gate.resolve(done);
    expect(await Promise.all([first, second])).toEqual([{ attempts: 1, result: done }, { attempts: 1, result: done }]);
  });
});
