// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueTicks, faultOfSchedule, nextFire } from './fire-times.js';
import type { ScheduleConfig } from './schedule-config.js';

const config = (cron: string, timeZone: string, more: Partial<ScheduleConfig> = {}): ScheduleConfig => ({ cron, timeZone, misfire: 'once', maxCatchUp: 10, content: {}, ...more });
const at = (time: string): number => Date.parse(time);
function following(of: ScheduleConfig, from: string, count: number): string[] {
  const times: string[] = [];
  for (let after = at(from); times.length < count; ) {
    after = nextFire(of, after) ?? Number.NaN;
    times.push(new Date(after).toISOString().slice(0, 16));
  }
  return times;
}

describe('when clocks change', () => {
  it.each([
    ['Europe/Berlin', '30 2 * * *', '2026-03-28T00:00Z', ['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30']],
    ['America/New_York', '30 2 * * *', '2026-03-07T00:00Z', ['2026-03-07T07:30', '2026-03-08T07:00', '2026-03-09T06:30']],
    ['Australia/Lord_Howe', '15 2 * * *', '2026-10-02T16:00Z', ['2026-10-03T15:30', '2026-10-04T15:15', '2026-10-05T15:15']],
  ])('%s: a time that does not exist fires once, at the first instant after the gap', (zone, cron, from, expected) => {
    expect(following(config(cron, zone), from, 3)).toEqual(expected);
  });

  it.each([
    ['Europe/Berlin', '30 2 * * *', '2026-10-24T00:00Z', ['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30']],
    ['America/New_York', '30 1 * * *', '2026-10-31T00:00Z', ['2026-10-31T05:30', '2026-11-01T05:30', '2026-11-02T06:30']],
    ['Australia/Lord_Howe', '45 1 * * *', '2026-04-04T00:00Z', ['2026-04-04T14:45', '2026-04-05T15:15', '2026-04-06T15:15']],
  ])('%s: a time that comes twice fires once, the first time', (zone, cron, from, expected) => {
    expect(following(config(cron, zone), from, 3)).toEqual(expected);
  });

  it('what fires every half hour goes on through both', () => {
    for (const from of ['2026-10-24T22:59Z', '2026-03-28T22:59Z']) {
      const times = following(config('*/30 * * * *', 'Europe/Berlin'), from, 10).map((time) => at(`${time}Z`));
      expect(times.slice(1).map((time, n) => time - (times[n] ?? 0))).toEqual(Array.from({ length: 9 }, () => 1_800_000));
    }
  });

  it('looking back finds the same times as looking forward, in every zone and at every change', () => {
    const zones = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC', 'Asia/Kathmandu');
    const crons = fc.constantFrom('30 2 * * *', '0 * * * *', '*/20 1-3 * * *', '15 2 * * SUN', '0 0 1 * *', '45 1 * * *');
    fc.assert(fc.property(zones, crons, fc.integer({ min: at('2026-01-01T00:00Z') / 60_000, max: at('2026-12-31T00:00Z') / 60_000 }), (zone, cron, minute) => {
      const [after, now] = [minute * 60_000, minute * 60_000 + 36 * 3_600_000];
      const of = config(cron, zone, { misfire: 'all', maxCatchUp: 200 });
      const forward: number[] = [];
      for (let time = nextFire(of, after); time !== undefined && time <= now; time = nextFire(of, time)) forward.push(time);
      expect(dueTicks(of, after, now).fire).toEqual(forward);
    }), { seed: 20_261_124, numRuns: 300 });
  });
});

describe('ticks that nobody fired in time', () => {
  const hourly = (misfire: ScheduleConfig['misfire'], maxCatchUp = 10): ScheduleConfig => config('0 * * * *', 'UTC', { misfire, maxCatchUp });
  const due = (of: ScheduleConfig, now: string) => dueTicks(of, at('2026-11-24T00:30Z'), at(now));

  it.each([
    ['skip', [], 3],
    ['once', ['2026-11-24T03:00:00.000Z'], 2],
    ['all', ['2026-11-24T01:00:00.000Z', '2026-11-24T02:00:00.000Z', '2026-11-24T03:00:00.000Z'], 0],
  ] as const)('%s', (misfire, fire, missed) => {
    const found = due(hourly(misfire), '2026-11-24T03:30Z');
    expect({ ...found, fire: found.fire.map((time) => new Date(time).toISOString()) }).toEqual({ fire, missed });
  });

  it('one that is on time fires by every rule, beside what is made up for', () => {
    expect(due(hourly('skip'), '2026-11-24T03:00:30Z').fire).toEqual([at('2026-11-24T03:00Z')]);
    expect(due(hourly('once'), '2026-11-24T03:00:30Z').fire).toEqual([at('2026-11-24T02:00Z'), at('2026-11-24T03:00Z')]);
  });

  it('no more are made up for than the manifest allows, the newest', () => {
    expect(due(hourly('all', 2), '2026-11-24T05:30Z')).toEqual({ fire: [at('2026-11-24T04:00Z'), at('2026-11-24T05:00Z')], missed: 3 });
  });

  it('years in which nobody looked cost no more than minutes', () => {
    const everySecond = config('* * * * * *', 'UTC', { misfire: 'all', maxCatchUp: 5 });
    const { fire } = dueTicks(everySecond, at('2016-01-01T00:00Z'), at('2026-01-01T00:00Z'));
    expect([fire.length, fire.at(-1)]).toEqual([66, at('2026-01-01T00:00Z')]);
  });

  it('nothing is due before the first', () => {
    expect(due(hourly('all'), '2026-11-24T00:59:59Z')).toEqual({ fire: [], missed: 0 });
  });
});

describe('expressions', () => {
  it.each([
    ['an unknown zone', config('0 9 * * *', 'Mars/Olympus'), '/timeZone', 'no time zone'],
    ['four parts', config('9 * * *', 'UTC'), '/cron', 'five parts'],
    ['a year', config('* * * * * * 2030', 'UTC'), '/cron', 'five parts'],
    ['a minute that does not exist', config('61 * * * *', 'UTC'), '/cron', 'Invalid value for minute'],
    ['a day that does not exist', config('0 0 30 2 *', 'UTC'), '/cron', 'never fires again'],
    ['a nickname', config('@daily', 'UTC'), '/cron', 'five parts'],
  ])('%s is refused with its place', (_, of, pointer, message) => {
    expect(faultOfSchedule(of)).toEqual({ pointer, message: expect.stringContaining(message) });
  });

  it('names of days are understood', () => {
    expect(faultOfSchedule(config('0 9 * * MON-FRI', 'Europe/Berlin'))).toBeUndefined();
  });
});
