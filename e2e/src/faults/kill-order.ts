// SPDX-License-Identifier: Apache-2.0

/** One kill: which of the processes, and how long the load runs before it, in milliseconds. */
export interface Kill<T> {
  readonly victim: T;
  readonly afterMs: number;
}

const longestWaitMs = 3_000;

/** Every process once in a random order, then again from the start; the same seed gives the same kills. */
export function killOrder<T>(processes: readonly T[], kills: number, seed: number): Kill<T>[] {
  const random = generator(seed);
  const order = processes.map((victim) => ({ victim, rank: random() })).toSorted((a, b) => a.rank - b.rank);
  return Array.from({ length: processes.length === 0 ? 0 : kills }, (_, n) => ({ victim: order[n % order.length]!.victim, afterMs: Math.round(random() * longestWaitMs) }));
}

/** mulberry32: small, and good enough to pick moments. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
