// SPDX-License-Identifier: Apache-2.0

/** Numbers in [0, 1), the same ones for the same seed. */
export type Random = () => number;

/**
 * A generator (mulberry32: small, and good enough to pick moments).
 * @param seed a whole number; of larger ones the low 32 bits count
 * @param purpose keeps two plans of one seed apart, such as the name of a scenario
 */
export function seededRandom(seed: number, purpose = ''): Random {
  let state = (seed ^ hashOf(purpose)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The same things in an order of the generator's choice. */
export function shuffled<T>(things: readonly T[], random: Random): T[] {
  return things.map((thing) => ({ thing, rank: random() })).toSorted((a, b) => a.rank - b.rank).map(({ thing }) => thing);
}

/** FNV-1a; 0 for the empty text, so that a seed without a purpose is itself. */
function hashOf(text: string): number {
  let hash = text === '' ? 0 : 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
