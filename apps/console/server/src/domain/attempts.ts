// SPDX-License-Identifier: Apache-2.0

/** Bounds how often something may be tried: so many at once, and so many a minute after that. */
export class Attempts {
  private tokens: number;
  private at: number;

  constructor(
    private readonly burst: number,
    private readonly perMinute: number,
    now: number,
  ) {
    this.tokens = burst;
    this.at = now;
  }

  /** Takes one; the result is 0, or the seconds after which to try again. */
  take(now: number): number {
    this.tokens = Math.min(this.burst, this.tokens + (Math.max(0, now - this.at) / 60_000) * this.perMinute);
    this.at = now;
    if (this.tokens < 1) return Math.max(1, Math.ceil(((1 - this.tokens) / this.perMinute) * 60));
    this.tokens -= 1;
    return 0;
  }
}
