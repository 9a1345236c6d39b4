// SPDX-License-Identifier: Apache-2.0
// When a schedule fires. What holds when clocks are put forward or back (held by tests, for croner 11.0.1): a time that
// does not exist on that day fires once, at the first instant after the gap; a time that comes twice fires once, the first
// time. A schedule of every hour, or of every few minutes, simply goes on through both, as time itself does.
import { Cron } from 'croner';
import type { ScheduleConfig } from './schedule-config.js';

/** A tick that is this late, in milliseconds, was missed: processes and databases are replaced faster. */
export const graceMs = 60_000;

/** Ticks that are due, oldest first. */
export interface DueTicks {
  /** Milliseconds since the epoch. */
  readonly fire: readonly number[];
  /** Ticks that are left out, as far as they were counted. */
  readonly missed: number;
}

/** Without a year in it, an expression fires after any instant or after none. */
const anyInstant = Date.UTC(2024, 0, 1);

const cronOf = ({ cron, timeZone }: ScheduleConfig): Cron => new Cron(cron, { timezone: timeZone, paused: true });

/** What is wrong with an expression or its zone; undefined when it fires some time. */
export function faultOfSchedule(config: ScheduleConfig): { readonly pointer: string; readonly message: string } | undefined {
  if (!isZone(config.timeZone)) return { pointer: '/timeZone', message: `${JSON.stringify(config.timeZone)} is no time zone of the IANA database: write for instance Europe/Berlin or UTC` };
  if (!/^\S+(\s+\S+){4,5}$/.test(config.cron.trim())) return { pointer: '/cron', message: 'has five parts (minute hour day month weekday), or six with seconds before them' };
  try {
    if (nextFire(config, anyInstant) === undefined) return { pointer: '/cron', message: 'never fires again: is there such a day?' };
  } catch (error) {
    return { pointer: '/cron', message: `cannot be read: ${error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error)}` };
  }
  return undefined;
}

/** The first instant after another at which it fires, in milliseconds since the epoch; undefined when there is none. */
export const nextFire = (config: ScheduleConfig, afterMs: number): number | undefined => cronOf(config).nextRun(new Date(afterMs))?.getTime();

/**
 * What is to be fired now of all ticks in (after, now], by the rule for those that were missed. However long nobody looked,
 * only as many ticks are computed as may fire.
 */
export function dueTicks(config: ScheduleConfig, afterMs: number, nowMs: number): DueTicks {
  const mostOnTime = graceMs / 1000 + 1;
  // From the newest backwards; a second of slack, since the library counts in whole seconds.
  const newest = cronOf(config).previousRuns(config.maxCatchUp + mostOnTime + 1, new Date(nowMs + 1000)).map((date) => date.getTime()).filter((time) => time > afterMs && time <= nowMs).toReversed();
  const onTime = newest.filter((time) => nowMs - time <= graceMs);
  const late = newest.filter((time) => nowMs - time > graceMs);
  const madeUpFor = config.misfire === 'skip' ? [] : config.misfire === 'once' ? late.slice(-1) : late.slice(-config.maxCatchUp);
  return { fire: [...madeUpFor, ...onTime], missed: late.length - madeUpFor.length };
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
