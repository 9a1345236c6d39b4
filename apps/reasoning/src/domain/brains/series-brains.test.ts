// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Agent, validateAgent } from '@nervus/agent-manifest';
import { agentDirectory } from '@nervus/agent-manifest/directory';
import { assert, double, property, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, quantile, robustZ } from '../series/statistics.js';
import type { Conclusion, Trigger } from './brain.js';
import { rulesBrainOf } from './brain-of.js';
import { forecast } from './demand-forecast/backtest.js';

const dataFile = (name: string): string => readFileSync(fileURLToPath(new URL(`../data/${name}`, import.meta.resolve('vega-datasets'))), 'utf8');
const agentOf = (name: string): Agent => {
  const { agent, faults } = validateAgent(agentDirectory(fileURLToPath(new URL(`../../../../../agents/${name}`, import.meta.url))));
  if (!agent) throw new Error(JSON.stringify(faults));
  return agent;
};

/** Plays updates of series through a brain, and gives what it concludes of each. */
function play(name: string, contents: readonly unknown[]): Conclusion[] {
  const brain = rulesBrainOf(agentOf(name));
  if (!brain) throw new Error('no rules');
  const memory = new Map<string, unknown>();
  return contents.flatMap((content, index) => {
    const trigger: Trigger = { eventId: `e${index}`, tenant: 'default', kind: 'replay.item', source: 'recorded-prices', subject: 's', type: 'x', content, labels: {}, at: 0, replay: true };
    const reading = brain.read(trigger);
    const observed = reading.memory?.observe(memory.get(reading.memory.key));
    if (reading.memory && observed) memory.set(reading.memory.key, observed.state);
    const conclusion = reading.conclude(observed?.verdict);
    return 'nothing' in conclusion ? [] : [conclusion];
  });
}
interface SeriesPoint {
  readonly time: string;
  readonly value: number;
}
const chunked = (series: string, points: readonly SeriesPoint[], size: number): unknown[] => Array.from({ length: Math.ceil(points.length / size) }, (_, index) => ({ series, points: points.slice(index * size, (index + 1) * size) }));

describe('statistics', () => {
  it('one wild value among the others does not hide another, as it would in a mean', () => {
    expect(robustZ(10, [1, 2, 1, 2, 1, 2, 1, 2, 1000])).toBeGreaterThan(5);
  });
  it('equal values give no infinite score', () => {
    expect(robustZ(5, [1, 1, 1, 1, 1, 1])).toBe(0);
    expect(robustZ(5, [1, 1, 1, 1, 1, 2])).toBeGreaterThan(0);
  });
  it('a quantile lies between the values', () => {
    assert(
      property(uniqueArray(double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 30 }), double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const sorted = values.toSorted((a, b) => a - b);
        expect(quantile(sorted, share)).toBeGreaterThanOrEqual(sorted[0]!);
        expect(quantile(sorted, share)).toBeLessThanOrEqual(sorted.at(-1)!);
        expect(median(values)).toBe(median(sorted));
      }),
    );
  });
});

describe('market-risk on the S&P 500, daily from 2000 to 2020', () => {
  const points = dataFile('sp500-2000.csv').trim().split('\n').slice(1).map((line) => line.split(',')).map((row) => ({ time: `${row[0]}T00:00:00.000Z`, value: Number(row[4]) }));
  const told = play('market-risk', chunked('sp500', points, 21));
  const anomalies = told.flatMap((one) => (one.data['anomalies'] as { time: string }[]).map((anomaly) => anomaly.time.slice(0, 10)));
  const at = (day: string): Conclusion => told.findLast((one) => String(one.data['time']) <= `${day}T23`)!;

  it('finds the days that history remembers, and few others', () => {
    for (const day of ['2007-02-27', '2008-09-29', '2011-08-04', '2015-08-24']) expect(anomalies).toContain(day);
    expect(anomalies.some((day) => day.startsWith('2020-03'))).toBe(true);
    expect(anomalies.length).toBeLessThan(25);
  });

  it('the crisis of 2008 is severe, the calm of 2017 is not', () => {
    expect(at('2008-11-20').data['level']).toBe('severe');
    expect(at('2017-08-01').data['level']).toBe('normal');
    expect(at('2008-11-20').severity).toBeGreaterThanOrEqual(85);
  });

  it('never looks ahead: what is said of 2008 does not depend on 2009', () => {
    const until = points.filter((point) => point.time < '2009-01-01');
    expect(play('market-risk', chunked('sp500', until.slice(0, 21 * Math.floor(until.length / 21)), 21))).toEqual(told.slice(0, Math.floor(until.length / 21)));
  });

  it('asks for an alert when a level is reached, not every month that it lasts', () => {
    expect(told.filter((one) => one.propose && one.severity >= 65).length).toBeLessThan(told.length / 8);
    expect(told.some((one) => one.propose)).toBe(true);
  });

  it('one point a signal comes to the same level as many', () => {
    const single = play('market-risk', points.slice(0, 300).map((point) => ({ series: 'sp500', ...point }))).at(-1);
    expect(single?.data['level']).toBe(play('market-risk', chunked('sp500', points.slice(0, 300), 100)).at(-1)?.data['level']);
  });

  it('a series told again, without times or with texts for values is nothing new', () => {
    expect(play('market-risk', [...chunked('sp500', points.slice(0, 50), 50), ...chunked('sp500', points.slice(0, 50), 50)])).toHaveLength(1);
    expect(play('market-risk', [{ series: 'x', points: [{ time: 'soon', value: 1 }, { time: '2020-01-01', value: '1' }] }, { points: [] }, 7, null])).toEqual([]);
  });
});

describe('demand-forecast on persons out of work by industry, monthly, 2000 to 2010', () => {
  const rows = JSON.parse(dataFile('unemployment-across-industries.json')) as { series: string; count: number; date: string }[];
  const industries = [...new Set(rows.map((row) => row.series))];
  const valuesOf = (industry: string): number[] => rows.filter((row) => row.series === industry).map((row) => row.count);

  it('its 95 % intervals hold what really came next nine times of ten or more, its 80 % intervals less often', () => {
    let [inside95, inside80, all] = [0, 0, 0];
    for (const industry of industries) {
      const values = valuesOf(industry);
      // 2007 to mid 2008, before the break of the crisis, which no method of this kind could foresee.
      for (let origin = 84; origin < 100; origin += 4) {
        for (const [step, forecasted] of forecast(values.slice(0, origin), 12, 3).steps.entries()) {
          const actual = values[origin + step]!;
          all++;
          if (actual >= forecasted.low95 && actual <= forecasted.high95) inside95++;
          if (actual >= forecasted.low80 && actual <= forecasted.high80) inside80++;
        }
      }
    }
    expect(inside95 / all).toBeGreaterThan(0.85);
    expect(inside80 / all).toBeGreaterThan(0.65);
    expect(inside80).toBeLessThan(inside95);
  });

  it('uses a model only where it beat the last season in the backtest', () => {
    for (const industry of industries) {
      const made = forecast(valuesOf(industry), 12, 6);
      expect(made.model === 'seasonal-naive' ? made.relativeError === 1 : made.relativeError < 1).toBe(true);
    }
    expect(industries.filter((industry) => forecast(valuesOf(industry), 12, 6).model === 'holt-winters').length).toBeGreaterThan(industries.length / 2);
  });

  it('a pure season is forecast exactly, a short series says that it is short', () => {
    const season = Array.from({ length: 60 }, (_, index) => 100 + 10 * Math.sin((index / 12) * 2 * Math.PI));
    for (const [step, { value }] of forecast(season, 12, 6).steps.entries()) expect(value).toBeCloseTo(100 + 10 * Math.sin(((60 + step) / 12) * 2 * Math.PI), 1);
    expect(forecast([1, 2, 3], 12, 6)).toMatchObject({ model: 'drift', origins: 0 });
    expect(forecast([5], 12, 2).steps.map((step) => step.value)).toEqual([5, 5]);
  });

  it('warns once when a level will probably be exceeded, not each month', () => {
    const points = rows.filter((row) => row.series === 'Construction').map((row) => ({ time: row.date, value: row.count }));
    const told = play('demand-forecast', [{ series: 'construction', points: points.slice(0, 96) }, ...points.slice(96).map((point) => ({ series: 'construction', ...point }))]);
    expect(told).toHaveLength(points.length - 95);
    const warnings = told.filter((one) => one.propose);
    expect(warnings.length).toBeGreaterThan(0);
    expect(warnings.length).toBeLessThanOrEqual(3);
  });
});
