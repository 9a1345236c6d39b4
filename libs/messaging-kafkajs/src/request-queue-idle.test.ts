// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { quietIdleRequestQueue } from './request-queue-idle.js';
import { insideKafkaJs } from './version-guard.js';

interface Pushed {
  readonly entry: { readonly correlationId: number; readonly apiKey: number; readonly apiName: string; readonly apiVersion: number; resolve(answer: unknown): void; reject(error: Error): void };
  readonly expectResponse: boolean;
  sendRequest(): void;
}
interface RequestQueue {
  push(request: Pushed): void;
  maybeThrottle(ms: number): void;
  fulfillRequest(answer: { correlationId: number; payload: Buffer; size: number }): void;
  checkPendingRequests(): void;
  destroy(): void;
}
type RequestQueueClass = new (options: Record<string, unknown>) => RequestQueue;

const quiet = { debug: () => undefined, warn: () => undefined };

function queueOf(maxInFlightRequests: number | null) {
  quietIdleRequestQueue();
  const RequestQueue = insideKafkaJs<RequestQueueClass & { prototype: never }>('network/requestQueue', 'its test');
  const queue = new RequestQueue({ maxInFlightRequests, requestTimeout: 30_000, enforceRequestTimeout: false, clientId: 'c', broker: 'b', logger: quiet });
  const sent: number[] = [];
  const answered: number[] = [];
  const push = (correlationId: number): void =>
    queue.push({
      entry: { correlationId, apiKey: 0, apiName: 'Produce', apiVersion: 1, resolve: () => answered.push(correlationId), reject: () => undefined },
      expectResponse: true,
      sendRequest: () => sent.push(correlationId),
    });
  const answer = (correlationId: number): void => queue.fulfillRequest({ correlationId, payload: Buffer.alloc(0), size: 0 });
  return { queue, sent, answered, push, answer };
}

describe('the request queue of kafkajs', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('an idle connection has no timer running, or every process burns 5 % of a core', () => {
    const { queue, push, answer } = queueOf(null);
    queue.checkPendingRequests();
    push(1);
    answer(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('requests that a throttling broker holds back leave when the throttling is over', () => {
    const { queue, sent, push, answer } = queueOf(null);
    queue.maybeThrottle(500);
    push(1);
    push(2);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(499);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(sent).toEqual([1, 2]);
    answer(1);
    answer(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('throttling that is lengthened meanwhile is honoured', () => {
    const { queue, sent, push } = queueOf(null);
    queue.maybeThrottle(100);
    push(1);
    vi.advanceTimersByTime(50);
    queue.maybeThrottle(500);
    vi.advanceTimersByTime(499);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(sent).toEqual([1]);
  });

  it('requests above the limit in flight leave in order as answers come, and need no timer afterwards', () => {
    const { sent, answered, push, answer } = queueOf(1);
    push(1);
    push(2);
    push(3);
    expect(sent).toEqual([1]);
    answer(1);
    expect(sent).toEqual([1, 2]);
    answer(2);
    answer(3);
    expect([sent, answered]).toEqual([[1, 2, 3], [1, 2, 3]]);
    vi.advanceTimersByTime(100);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('limit and throttling together: what waits for both leaves when both allow it', () => {
    const { queue, sent, push, answer } = queueOf(1);
    push(1);
    push(2);
    queue.maybeThrottle(200);
    answer(1);
    expect(sent).toEqual([1]);
    vi.advanceTimersByTime(201);
    expect(sent).toEqual([1, 2]);
  });

  it('no delay is ever negative, which Node warns about', () => {
    const delays: (number | undefined)[] = [];
    const { setTimeout: faked } = globalThis;
    const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation((run, ms) => {
      delays.push(ms);
      return faked(run, ms);
    });
    const { queue, push, answer } = queueOf(1);
    push(1);
    push(2);
    queue.maybeThrottle(50);
    answer(1);
    vi.advanceTimersByTime(1000);
    answer(2);
    spy.mockRestore();
    expect(delays.length).toBeGreaterThan(0);
    expect(delays.filter((ms) => ms === undefined || ms < 0)).toEqual([]);
  });

  it('another version of kafkajs is refused instead of being patched blindly', () => {
    expect(() => insideKafkaJs('network/requestQueue', 'request-queue-idle.ts', '2.2.5')).toThrow(/kafkajs 2\.2\.5 is installed, but request-queue-idle\.ts patches 2\.2\.4/);
  });
});
