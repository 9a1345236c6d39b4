// SPDX-License-Identifier: Apache-2.0
import { type Clock, systemClock } from '@nervus/messaging';

/** The clock as Nest injects it; tests put another in its place. */
export class ServiceClock implements Clock {
  constructor(private readonly clock: Clock = systemClock) {}

  now(): number {
    return this.clock.now();
  }

  after(ms: number, run: () => void): () => void {
    return this.clock.after(ms, run);
  }

  /** RFC 3339 in UTC with milliseconds. */
  instant(offsetMs = 0): string {
    return new Date(this.now() + offsetMs).toISOString();
  }
}
