// SPDX-License-Identifier: Apache-2.0
import { within } from '../bounded.js';
import type { Clock } from '../clock.js';
import { TimedOutError } from '../errors.js';
import type { Middleware } from './step.js';

/**
 * Bounds one attempt. A handler that watches its signal ends when the time is over; one that does not goes on in the
 * background while the next attempt begins, so what it does must be safe to do twice, as for any redelivery.
 * @param limitMs milliseconds
 */
export const timeout =
  (limitMs: number, clock: Clock): Middleware =>
  (next) =>
  async (delivery) => {
    // Made when asked for: most handlers never look at it.
    let over: AbortController | undefined;
    delivery.attemptSignal = () => {
      over ??= new AbortController();
      return AbortSignal.any([delivery.lease.signal, over.signal]);
    };
    try {
      await within(next(delivery), limitMs, clock, 'the handler');
    } catch (error) {
      if (error instanceof TimedOutError) over?.abort(error);
      throw error;
    }
  };
