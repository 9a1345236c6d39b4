// SPDX-License-Identifier: Apache-2.0

/** Up to when everything was seen, and how long ago that is. */
export interface Freshness {
  /** RFC 3339; null when nothing was heard of the mesh yet. */
  readonly asOf: string | null;
  readonly ageMs: number | null;
}

/**
 * What is shown is complete up to the append time of the last pulse of approval, which comes every two seconds, unless
 * records are still being worked off: then up to the oldest of those.
 *
 * @param pulseAt append time of the newest pulse, milliseconds
 * @param lagMs age of the oldest record that was taken in and is not finished; 0 when there is none
 */
export function freshnessOf(now: number, pulseAt: number | undefined, lagMs: number): Freshness {
  if (pulseAt === undefined) return { asOf: null, ageMs: null };
  const asOf = Math.min(now, pulseAt, lagMs > 0 ? now - lagMs : now);
  return { asOf: new Date(asOf).toISOString(), ageMs: Math.max(0, Math.round(now - asOf)) };
}
