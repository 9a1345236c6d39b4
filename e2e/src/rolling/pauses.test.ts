// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { longestPause } from './pauses.js';

describe('the longest pause', () => {
  const window = { from: 10_000, to: 20_000 };

  it('is found between two events, in whichever order they are told', () => {
    expect(longestPause([19_500, 10_500, 12_000, 14_500, 16_000, 18_000], window)).toBe(2.5);
  });

  it('also counts when nothing happens at the beginning or at the end, and when nothing happens at all', () => {
    expect(longestPause([14_000, 16_000, 18_000, 19_900], window)).toBe(4);
    expect(longestPause([10_100, 12_000, 14_000], window)).toBe(6);
    expect(longestPause([], window)).toBe(10);
  });

  it('leaves alone what happened before and after', () => {
    expect(longestPause([1, 9_000, 10_000, 15_000, 20_000, 90_000], window)).toBe(5);
  });
});
