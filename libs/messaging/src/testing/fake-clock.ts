// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.js';

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that moves only when it is told to. Timers run in the order in which they are due. */
export class FakeClock implements Clock {
  private timers: Timer[] = [];
  private order = 0;

  /** @param time milliseconds since the epoch at the beginning */
  constructor(private time = Date.UTC(2026, 0, 1)) {}

  now(): number {
    return this.time;
  }

  after(ms: number, run: () => void): () => void {
    const timer: Timer = { due: this.time + Math.max(0, ms), order: this.order++, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Timers that are set. */
  get pending(): number {
    return this.timers.length;
  }

  /** Moves time on, running what falls due and everything that follows from it without waiting for anything outside. */
  async advance(ms: number): Promise<void> {
    const until = this.time + ms;
    await settled();
    for (;;) {
      const next = this.timers.filter((timer) => timer.due <= until).sort((a, b) => a.due - b.due || a.order - b.order)[0];
      if (!next) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = Math.max(this.time, next.due);
      next.run();
      await settled();
    }
    this.time = until;
  }
}

/** Resolves when all promises and immediates that are ready have run. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 10; round++) await new Promise((resolve) => setImmediate(resolve));
}
