// SPDX-License-Identifier: Apache-2.0
import { backoffMs, pause } from '../bounded.js';
import { type Clock, type Random, systemRandom } from '../clock.js';
import { LeaseRevokedError, UnavailableError, asError, codeOf, isPermanent } from '../errors.js';
import { type PipelineObserver, problemOf } from './observer.js';
import type { Middleware } from './step.js';

export interface RetryOptions {
  readonly clock: Clock;
  readonly random?: Random;
  readonly observer: Pick<PipelineObserver, 'retried'>;
  /** Milliseconds from the first failure of a record of that topic after which the last one is final. @default 60000 for all */
  readonly maxMs?: (physicalTopic: string) => number;
  /** Upper end of the first wait, in milliseconds; it doubles from there. @default 100 */
  readonly firstMs?: number;
  /** Longest wait, in milliseconds. @default 10000 */
  readonly capMs?: number;
  /** True for topics declared `order: 'strict'`: no failure is ever final, later records must wait. */
  readonly holds: (physicalTopic: string) => boolean;
}

/**
 * Tries again in place, keeping the lease. What can never succeed goes through at once (`retryable: false`), an outage
 * (UnavailableError) is waited out for as long as it takes, anything else is tried for a bounded time.
 */
export function retry(options: RetryOptions): Middleware {
  const { clock, random = systemRandom, observer, maxMs = () => 60_000, firstMs = 100, capMs = 10_000 } = options;
  return (next) => async (delivery) => {
    const { record, lease } = delivery;
    let failingSince: number | undefined;
    for (;;) {
      if (lease.signal.aborted) throw new LeaseRevokedError(`the partition ${record.topic}/${record.partition} was taken away before the record was handled`);
      delivery.attempts++;
      try {
        return await next(delivery);
      } catch (error) {
        if (lease.signal.aborted) throw new LeaseRevokedError('the partition was taken away while the record was handled', { cause: error });
        delivery.firstFailureAt ??= clock.now();
        // An outage does not count against the record: what it fails with afterwards has all the time again.
        if (error instanceof UnavailableError) failingSince = undefined;
        else failingSince ??= clock.now();
        const final = isPermanent(error) || (failingSince !== undefined && clock.now() - failingSince >= maxMs(record.topic));
        if (final && !options.holds(record.topic)) throw error;
        const delayMs = backoffMs(delivery.attempts, firstMs, capMs, random);
        observer.retried(problemOf(record, codeOf(error), asError(error).message), delayMs);
        await pause(delayMs, clock, lease.signal);
      }
    }
  };
}
