// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.js';

describe('the token bucket', () => {
  it('lets a burst through, then the average rate', () => {
    const bucket = new TokenBucket(10, 3, 0);
    expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([0, 0, 0]);
    expect(bucket.take(0)).toBeCloseTo(0.1);
    expect(bucket.take(100)).toBe(0);
    expect(bucket.take(100)).toBeGreaterThan(0);
  });

  it('several are taken together or not at all', () => {
    const bucket = new TokenBucket(10, 3, 0);
    expect(bucket.take(0, 2)).toBe(0);
    expect(bucket.take(0, 2)).toBeCloseTo(0.1);
    expect(bucket.take(0)).toBe(0);
  });

  it('a clock that goes back grants nothing', () => {
    const bucket = new TokenBucket(1, 1, 10_000);
    expect(bucket.take(10_000)).toBe(0);
    expect(bucket.take(5_000)).toBeGreaterThan(0);
  });
});
