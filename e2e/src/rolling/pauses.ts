// SPDX-License-Identifier: Apache-2.0

/** From when to when something was looked at, milliseconds since the epoch. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/**
 * The longest time in a window in which nothing happened, in seconds: between two events, before the first, or after the
 * last one. The window must be one in which there was always something to do.
 * @param times milliseconds since the epoch, in any order
 */
export function longestPause(times: Iterable<number>, { from, to }: Window): number {
  const within = [...times].filter((at) => at >= from && at <= to).toSorted((a, b) => a - b);
  const longest = [from, ...within].reduce((most, at, n) => Math.max(most, (within[n] ?? to) - at), 0);
  return Math.round(longest / 10) / 100;
}
