// SPDX-License-Identifier: Apache-2.0

export const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length);

/** Sample standard deviation. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** Quantile with linear interpolation (type 7 of Hyndman and Fan 1996). @param sorted ascending, not empty */
export function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

export const median = (values: readonly number[]): number => (values.length === 0 ? 0 : quantile(values.toSorted(ascending), 0.5));

export const ascending = (a: number, b: number): number => a - b;

/**
 * How many robust standard deviations a value lies from the middle of others (median and MAD, scaled to agree with the
 * standard deviation of a normal distribution). Where more than half of the others are equal the MAD is 0 and their mean
 * absolute deviation is taken (Iglewicz and Hoaglin 1993).
 */
export function robustZ(value: number, others: readonly number[]): number {
  if (others.length < 5) return 0;
  const centre = median(others);
  const distances = others.map((other) => Math.abs(other - centre));
  const scale = 1.4826 * median(distances) || 1.2533 * mean(distances);
  return scale === 0 ? 0 : (value - centre) / scale;
}

export const rounded = (value: number, places = 4): number => Math.round(value * 10 ** places) / 10 ** places;
