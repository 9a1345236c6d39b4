// SPDX-License-Identifier: Apache-2.0
import type { Trigger } from '../brains/brain.js';

/** One observation: milliseconds since the epoch, value. */
export type Point = readonly [time: number, value: number];

/** Observations that a signal carries. */
export interface SeriesUpdate {
  readonly series: string;
  readonly unit: string;
  /** Ascending in time, each time once. */
  readonly points: readonly Point[];
  /** Pointer into the content to the newest of them. */
  readonly newest: string;
}

const mostPoints = 10_000;

/**
 * Reads `{series, unit?, time, value}` or `{series, unit?, points: [{time, value}, ...]}`. What is no point is left out;
 * undefined where nothing remains.
 */
export function seriesUpdate(trigger: Trigger): SeriesUpdate | undefined {
  const content = membersOf(trigger.content);
  const series = content['series'];
  if (typeof series !== 'string' || series === '' || series.length > 100) return undefined;
  const listed = Array.isArray(content['points']) ? content['points'].slice(0, mostPoints) : undefined;
  const read = listed ? listed.map((one: unknown, index) => ({ point: pointOf(membersOf(one)), place: `/points/${index}` })) : [{ point: pointOf(content), place: '/value' }];
  const byTime = new Map<number, { point: Point; place: string }>();
  for (const { point, place } of read) if (point) byTime.set(point[0], { point, place });
  const sorted = [...byTime.values()].sort((a, b) => a.point[0] - b.point[0]);
  const newest = sorted.at(-1);
  if (!newest) return undefined;
  const unit = content['unit'];
  return { series, unit: typeof unit === 'string' ? unit.slice(0, 50) : '', points: sorted.map((one) => one.point), newest: newest.place };
}

function pointOf(value: Readonly<Record<string, unknown>>): Point | undefined {
  const time = typeof value['time'] === 'string' ? Date.parse(value['time']) : Number.NaN;
  const number = value['value'];
  return Number.isFinite(time) && typeof number === 'number' && Number.isFinite(number) ? [time, number] : undefined;
}

const membersOf = (value: unknown): Readonly<Record<string, unknown>> => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {});

/** The points after the newest known one, so that a series told again adds nothing; bounded to the newest `most`. */
export function appended(known: readonly Point[], points: readonly Point[], most: number): readonly Point[] {
  const last = known.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY;
  return [...known, ...points.filter(([time]) => time > last)].slice(-most);
}

/** Date of a point, as people write it. */
export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
