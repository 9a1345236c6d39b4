// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { FaultError } from './errors.js';

const lookEveryMs = 100;

export interface Waiting {
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
  /** @default 100 */
  readonly everyMs?: number | undefined;
}

/** Lets time pass. @throws the signal's reason when it is aborted */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await sleep(ms, undefined, signal ? { signal } : {}).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}

/**
 * Looks until something holds, and returns what was found.
 * @param what for the message, such as `the broker has ended`
 * @throws FaultError `not_within`, or the signal's reason
 */
export async function until<T>(what: string, waiting: Waiting, look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  const end = performance.now() + waiting.limitMs;
  for (;;) {
    waiting.signal?.throwIfAborted();
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new FaultError('not_within', `${what}: not within ${waiting.limitMs / 1000} s`);
    await pause(waiting.everyMs ?? lookEveryMs, waiting.signal);
  }
}

/** What the work comes to. @throws the signal's reason when it is aborted first; the work itself is not waited for then */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason as Error);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    // A failure of work that nobody waits for any more must not end the process.
    work.catch(() => {});
  }
}
