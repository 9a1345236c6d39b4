// SPDX-License-Identifier: Apache-2.0
// Invariant: at most `size` places are taken; who waits gets one in the order of asking. Nothing is sent before `heldUntil`.
import { type Clock, waitUntil } from './clock.js';

/** What all publishes of one publisher share: places in flight, and the moment before which the edge wants to hear nothing. */
export class Gate {
  private taken = 0;
  private heldUntil = 0;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly size: number,
    private readonly clock: Clock,
  ) {}

  /** @throws the signal's reason when it aborts before there is a place */
  async enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.taken < this.size) {
      this.taken++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const aborted = (): void => {
        this.waiting.delete(given);
        reject(signal.reason);
      };
      const given = (): void => {
        signal.removeEventListener('abort', aborted);
        resolve();
      };
      this.waiting.add(given);
      signal.addEventListener('abort', aborted, { once: true });
    });
  }

  /** Gives a place back, to the one who has waited longest. */
  leave(): void {
    const [next] = this.waiting;
    if (!next) {
      this.taken--;
      return;
    }
    this.waiting.delete(next);
    next();
  }

  hold(until: number): void {
    this.heldUntil = Math.max(this.heldUntil, until);
  }

  /** Waits for `moment` and for the end of every hold, also of one that began meanwhile. */
  async open(moment: number, signal: AbortSignal): Promise<void> {
    for (let until = moment; ; until = this.heldUntil) {
      await waitUntil(Math.max(until, this.heldUntil), this.clock, signal);
      if (this.heldUntil <= this.clock.now()) return;
    }
  }
}
