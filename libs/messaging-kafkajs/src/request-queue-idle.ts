// SPDX-License-Identifier: Apache-2.0
import { firstTime, insideKafkaJs } from './version-guard.js';

interface RequestQueue {
  readonly pending: readonly unknown[];
}
interface RequestQueueClass {
  readonly prototype: { scheduleCheckPendingRequests: (this: RequestQueue) => void };
}

/**
 * kafkajs 2.2.4 re-arms a timer in the request queue of every connection for ever, also when nothing waits: its delay
 * is then "the end of throttling (-1) minus now", which Node runs after 1 ms and, since Node 24, warns about with a
 * TimeoutNegativeWarning. That costs some 5 % of a core in every idle process.
 *
 * The timer is needed only while a request waits, because the broker throttles us or too many requests are in flight.
 * So it is armed only then, where its delay is never negative; a request that has to wait arms it by itself.
 */
export function quietIdleRequestQueue(): void {
  const { prototype } = insideKafkaJs<RequestQueueClass>('network/requestQueue', 'request-queue-idle.ts');
  if (!firstTime(prototype, 'request-queue-idle')) return;
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function scheduleWhenSomethingWaits() {
    if (this.pending.length > 0) schedule.call(this);
  };
}
