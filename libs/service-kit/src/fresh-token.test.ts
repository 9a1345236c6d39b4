// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freshToken } from './fresh-token.js';

const tokenUntil = (exp: number): string => `e30.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.sig`;

describe('a token that somebody else renews', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => void vi.useRealTimers());

  it('is taken at once while it is good, and also when it does not say until when', async () => {
    for (const token of [tokenUntil(1001), 'opaque', 'a.b.c']) await expect(freshToken(() => token)).resolves.toBe(token);
  });

  it('is waited for when it has expired while the machine slept', async () => {
    const tokens = [tokenUntil(900), tokenUntil(900), tokenUntil(1100)];
    let reads = 0;
    const taken = freshToken(() => tokens[Math.min(reads++, 2)]!);
    await vi.advanceTimersByTimeAsync(300);
    await expect(taken).resolves.toBe(tokens[2]);
  });

  it('is given as it is when nobody renews it, so that the broker names the reason', async () => {
    const taken = freshToken(() => tokenUntil(900));
    await vi.advanceTimersByTimeAsync(9_000);
    await expect(taken).resolves.toBe(tokenUntil(900));
  });
});
