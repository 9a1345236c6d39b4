// SPDX-License-Identifier: Apache-2.0

/** Token bucket: `perSecond` on average, `burst` at once. */
export class TokenBucket {
  private tokens: number;
  private at: number;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    nowMs: number,
  ) {
    this.tokens = burst;
    this.at = nowMs;
  }

  /** Takes tokens, all or none. Returns 0 when there were enough, else the seconds until there will be. */
  take(nowMs: number, count = 1): number {
    this.tokens = Math.min(this.burst, this.tokens + (Math.max(0, nowMs - this.at) / 1000) * this.perSecond);
    this.at = nowMs;
    if (this.tokens >= count) {
      this.tokens -= count;
      return 0;
    }
    return (count - this.tokens) / this.perSecond;
  }
}
