// SPDX-License-Identifier: Apache-2.0
// Invariant: a call goes out only through all four guards of its target, in this order: a slot (bulkhead), a target that
// is not known to be broken (circuit breaker), a reason to try again (retry), a bounded attempt (timeout); all of them
// under one deadline. What one call came to is the worst that any of its attempts may have left behind.
import type { Clock } from '@nervus/messaging';
import {
  bulkhead, type BulkheadPolicy, circuitBreaker, CircuitState, type CircuitBreakerPolicy, ConsecutiveBreaker, ExponentialBackoff, handleWhenResult, type IDefaultPolicyContext, type IPolicy, type IRetryContext, isBrokenCircuitError,
  isBulkheadRejectedError, isTaskCancelledError, retry, timeout, TimeoutStrategy, wrap,
} from 'cockatiel';
import { type CallResult, mayRepeat } from '../domain/call-result.js';
import type { PermittedCall, Route, ToolExecutor } from '../domain/tool.js';

export interface CallLimits {
  /** Calls to one target at once. @default 32 */
  readonly concurrent?: number;
  /** Calls that wait for a slot: more than an engine handles at once, or actions would be put aside for want of a place. @default 1000 */
  readonly queued?: number;
  /** Failed calls in a row after which a target counts as broken. @default 5 */
  readonly breakAfter?: number;
  /** Milliseconds after which a broken target is tried again. @default 5000 */
  readonly restMs?: number;
  /** Attempts after the first one. @default 3 */
  readonly retries?: number;
  /** First wait between attempts, in milliseconds; it doubles, with jitter, to twenty times that. @default 100 */
  readonly backoffMs?: number;
}

export interface CallObserver {
  retried(tool: string): void;
}

/** One permitted call with what bounds it. */
export interface CallRequest extends Omit<PermittedCall, 'signal'> {
  readonly route: Route;
  /** When all attempts are over, milliseconds since the epoch. */
  readonly deadline: number;
  /** Asked before each attempt: false when a stop or anything else has closed the gate meanwhile. */
  readonly mayStart: () => boolean;
}

/** What a call came to, and how many attempts it took. */
export interface Called {
  readonly result: CallResult;
  readonly attempts: number;
}

interface Attempted {
  readonly result: CallResult;
  readonly again: boolean;
}

interface Guard {
  readonly policy: IPolicy<IDefaultPolicyContext & IRetryContext>;
  readonly slots: BulkheadPolicy;
  readonly breaker: CircuitBreakerPolicy;
  openUntil: number;
}

export class GuardedCalls {
  private readonly guards = new Map<string, Guard>();

  constructor(
    private readonly clock: Clock,
    private readonly observer: CallObserver,
    private readonly limits: CallLimits = {},
  ) {}

  /** Whether the target may be tried right now and has a place; asked before anything is written about a call. */
  isAvailable(executor: ToolExecutor, { permitted: { entry } }: Pick<PermittedCall, 'permitted'>, route: Route): boolean {
    const { breaker, slots, openUntil } = this.guardOf(executor, entry.operation.name, entry.operation.timeoutMs, route);
    return (slots.executionSlots > 0 || slots.queueSlots > 0) && (breaker.state !== CircuitState.Open || this.clock.now() >= openUntil);
  }

  /** Calls until it is done, refused, not worth another attempt, or the time is over. Never throws for what a target does. */
  async execute(executor: ToolExecutor, request: CallRequest): Promise<Called> {
    const { operation } = request.permitted.entry;
    const { policy } = this.guardOf(executor, operation.name, operation.timeoutMs, request.route);
    const over = new AbortController();
    const leftMs = request.deadline - this.clock.now();
    if (leftMs <= 0) return { attempts: 0, result: notSent('deadline_reached') };
    const cancel = this.clock.after(leftMs, () => over.abort());
    let attempts = 0;
    let doubtful: CallResult | undefined;
    let last: CallResult | undefined;
    try {
      const { result } = await policy.execute(async ({ signal }): Promise<Attempted> => {
        if (signal.aborted) return { again: false, result: last ?? notSent('deadline_reached') };
        if (!request.mayStart()) return { again: false, result: notSent('gate_closed') };
        last = await executor.execute({ ...request, signal, attempt: request.attempt + attempts });
        attempts++;
        if (last.kind === 'uncertain') doubtful = last;
        return { result: last, again: mayRepeat(last, request.route.idempotency) };
      }, over.signal);
      return { attempts, result: result.kind === 'done' ? result : (doubtful ?? result) };
    } catch (error) {
      const code = nothingSent(error);
      if (code === undefined) throw error;
      return { attempts, result: doubtful ?? last ?? notSent(code) };
    } finally {
      cancel();
    }
  }

  /** The worst state of the breakers of each tool: 0 closed, 1 trying again, 2 open. */
  breakerStates(): ReadonlyMap<string, 0 | 1 | 2> {
    const states = new Map<string, 0 | 1 | 2>();
    for (const [name, { breaker }] of this.guards) {
      const tool = name.slice(0, name.indexOf('@'));
      const state = breaker.state === CircuitState.Closed ? 0 : breaker.state === CircuitState.HalfOpen ? 1 : 2;
      if (state >= (states.get(tool) ?? 0)) states.set(tool, state);
    }
    return states;
  }

  private guardOf(executor: ToolExecutor, operation: string, timeoutMs: number, { destination }: Route): Guard {
    const name = `${executor.tool}.${operation}@${destination}`;
    const known = this.guards.get(name);
    if (known) return known;
    const made = this.makeGuard(`${executor.tool}.${operation}`, timeoutMs);
    this.guards.set(name, made);
    return made;
  }

  private makeGuard(tool: string, timeoutMs: number): Guard {
    const { concurrent = 32, queued = 1_000, breakAfter = 5, restMs = 5_000, retries = 3, backoffMs = 100 } = this.limits;
    const breaker = circuitBreaker(handleWhenResult(isTroubled), { halfOpenAfter: restMs, breaker: new ConsecutiveBreaker(breakAfter) });
    const again = retry(handleWhenResult((value) => (value as Attempted).again), { maxAttempts: retries, backoff: new ExponentialBackoff({ initialDelay: backoffMs, maxDelay: 20 * backoffMs }) });
    const slots = bulkhead(concurrent, queued);
    const guard: Guard = { slots, breaker, openUntil: 0, policy: wrap(slots, breaker, again, timeout(timeoutMs, TimeoutStrategy.Cooperative)) };
    breaker.onBreak(() => (guard.openUntil = this.clock.now() + restMs));
    again.onRetry(() => this.observer.retried(tool));
    return guard;
  }
}

const notSent = (code: string): CallResult => ({ kind: 'not_done', code, detail: 'Nothing was sent.' });

/** A target in trouble, as against one that answers, be it with a refusal. */
function isTroubled(value: unknown): boolean {
  const { kind, code } = (value as Attempted).result;
  return kind === 'uncertain' || (kind === 'not_done' && code !== 'gate_closed' && code !== 'deadline_reached');
}

function nothingSent(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (isBrokenCircuitError(error)) return 'breaker_open';
  if (isBulkheadRejectedError(error)) return 'no_slot';
  return isTaskCancelledError(error) ? 'deadline_reached' : undefined;
}
