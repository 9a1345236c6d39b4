// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js';
import { TimedOutError } from './errors.js';

/**
 * The promise, but never longer than `limitMs`.
 * @throws TimedOutError; what was waited for goes on, its later result is dropped.
 */
export function within<T>(promise: Promise<T>, limitMs: number, clock: Clock, what: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = clock.after(limitMs, () => reject(new TimedOutError(what, limitMs)));
    const over =
      <V>(settle: (value: V) => void) =>
      (value: V): void => {
        cancel();
        settle(value);
      };
    promise.then(over<T>(resolve), over<unknown>(reject));
  });
}

/** Resolves after `ms`, or at once when the signal is aborted. Check the signal afterwards. */
export function pause(ms: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener('abort', done);
  });
}

/** Full jitter (a random wait up to an exponentially growing cap), never below a tenth of the cap. */
export function backoffMs(attempt: number, firstMs: number, capMs: number, random: () => number): number {
  const cap = Math.min(capMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return Math.ceil(cap * (0.1 + 0.9 * random()));
}
