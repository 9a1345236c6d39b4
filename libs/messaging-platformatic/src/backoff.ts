// SPDX-License-Identifier: Apache-2.0
import { backoffMs, pause, systemClock, systemRandom } from '@nervus/messaging';

/** Waits before the next try, longer each time; an aborted signal ends the waiting. */
export const backoff = (attempt: number, firstMs: number, capMs: number, signal?: AbortSignal): Promise<void> => pause(backoffMs(attempt, firstMs, capMs, systemRandom), systemClock, signal);
