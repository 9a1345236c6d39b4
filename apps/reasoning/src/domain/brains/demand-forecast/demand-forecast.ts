// SPDX-License-Identifier: Apache-2.0
import type { ForecastRules } from '@nervus/agent-manifest';
import { appended, dayOf, type Point, seriesUpdate, type SeriesUpdate } from '../../series/points.js';
import { mean, rounded } from '../../series/statistics.js';
import type { Conclusion, Nothing, Reading, RulesBrain, Statement } from '../brain.js';
import { forecast, type ForecastStep } from './backtest.js';

interface Kept {
  readonly points: readonly Point[];
  /** It was told that the line will probably be exceeded, and that is still so. */
  readonly told?: boolean;
}
interface Verdict {
  readonly model: string;
  readonly count: number;
  readonly last: Point;
  readonly steps: readonly ForecastStep[];
  readonly relativeError: number;
  readonly origins: number;
  readonly line: number | null;
  readonly chance: number;
  /** The chance has just become more than even. */
  readonly crossed: boolean;
}

/** Seasons of a series that are kept: enough for every backtest. */
const seasonsKept = 12;
const mostKept = 800;
/** A warning is given at the first chance and may be given again once it fell below the second. */
const warning = { from: 0.5, until: 0.35 } as const;

/** Forecasts series of demand, with intervals, and tells how likely a level is exceeded. One document per series. */
export function demandForecast(rules: ForecastRules): RulesBrain {
  return {
    kind: rules.kind,
    read(trigger): Reading {
      const update = seriesUpdate(trigger);
      if (!update) return { conclude: () => ({ nothing: 'no series with a name, times and values' }) };
      return { memory: { key: update.series, observe: (state) => observe(rules, state as Kept | undefined, update) }, conclude: (verdict) => conclude(update, verdict as Verdict | null) };
    },
  };
}

function observe(rules: ForecastRules, known: Kept = { points: [] }, update: SeriesUpdate): { state: Kept; verdict: Verdict | null } {
  const points = appended(known.points, update.points, Math.min(mostKept, Math.max(rules.period * seasonsKept, 60)));
  const last = points.at(-1);
  if (!last || last[0] === known.points.at(-1)?.[0]) return { state: known, verdict: null };
  const values = points.map(([, value]) => value);
  const made = forecast(values, rules.period, rules.horizon);
  const line = rules.exceeds === undefined ? null : mean(values.slice(-rules.period)) * rules.exceeds;
  const steps = made.steps.map((step) => ({ value: rounded(step.value, 3), low80: rounded(step.low80, 3), high80: rounded(step.high80, 3), low95: rounded(step.low95, 3), high95: rounded(step.high95, 3) }));
  const chance = line === null ? 0 : rounded(made.chanceAbove(line), 3);
  const told = chance >= (known.told ? warning.until : warning.from);
  return { state: { points, told }, verdict: { crossed: told && !known.told, model: made.model, count: points.length, last, steps, relativeError: rounded(made.relativeError, 3), origins: made.origins, line: line === null ? null : rounded(line, 3), chance } };
}

function conclude(update: SeriesUpdate, verdict: Verdict | null): Conclusion | Nothing {
  if (!verdict) return { nothing: 'no point that is newer than those known' };
  const { model, steps, chance, line, last } = verdict;
  const next = steps[0];
  if (!next) return { nothing: 'no horizon to forecast' };
  const places = [update.newest];
  const severity = Math.round(10 + 60 * chance);
  const title = `${update.series}: next value ${next.value}${update.unit && ` ${update.unit}`} expected`;
  const statements: Statement[] = [
    { text: `After ${last[1]} on ${dayOf(last[0])}, ${next.value} is expected next, between ${next.low80} and ${next.high80} with a chance of 80 %, between ${next.low95} and ${next.high95} with one of 95 %.`, places },
    { text: model === 'drift' ? `The series of ${verdict.count} points is too short for a seasonal model; the forecast continues its straight line.` : `Model ${model} on ${verdict.count} points; its mean error in ${verdict.origins} backtests was ${verdict.relativeError} times that of repeating the last season.`, places },
    ...(line === null ? [] : [{ text: `The mean of the next ${steps.length} values exceeds ${line} with a chance of ${rounded(chance * 100, 1)} %.`, places }]),
  ];
  const from = (value: unknown): { value: unknown; places: string[] } => ({ value, places });
  return {
    kind: 'forecast',
    subject: update.series,
    title,
    severity,
    statements,
    data: { series: update.series, unit: update.unit, model, points: steps, last: { time: new Date(last[0]).toISOString(), value: last[1] }, backtest: { origins: verdict.origins, relativeError: verdict.relativeError }, ...(line !== null && { exceeds: line, chance }) },
    results: { title: from(title), text: from(statements.map((statement) => statement.text).join('\n')), severity: from(severity), citations: { value: places, places: [] }, subject: from(update.series), series: from(update.series), model: from(model), next: from(next.value), chance: from(chance) },
    confidence: model === 'drift' ? 0.4 : verdict.relativeError < 0.9 ? 0.85 : 0.7,
    against: model === 'drift' ? [{ text: 'The series is short.', places }] : [],
    publish: true,
    propose: verdict.crossed,
    summary: `forecast of ${steps.length} values by ${model} on ${verdict.count} points`,
  };
}
