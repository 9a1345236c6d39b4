// SPDX-License-Identifier: Apache-2.0
import type { RiskRules } from '@nervus/agent-manifest';
import { dayOf, seriesUpdate, type SeriesUpdate } from '../../series/points.js';
import { rounded } from '../../series/statistics.js';
import type { Conclusion, Nothing, Reading, RulesBrain, Statement } from '../brain.js';
import { freshRisk, type Level, levels, observePoint, type RiskReading, type RiskState } from './monitor.js';

interface Verdict {
  readonly reading: RiskReading;
  readonly before: Level;
  /** Anomalies among the points of this signal, the largest first. */
  readonly anomalies: readonly RiskReading[];
}

const severities: Readonly<Record<Level, number>> = { normal: 10, elevated: 40, high: 65, severe: 85 };
const mostAnomalies = 5;

/**
 * Watches series of prices or levels: robust z-score of the newest change, drawdown from the highest value, short-term
 * against usual volatility. One small document per series.
 */
export function marketRisk(rules: RiskRules): RulesBrain {
  return {
    kind: rules.kind,
    read(trigger): Reading {
      const update = seriesUpdate(trigger);
      if (!update) return { conclude: () => ({ nothing: 'no series with a name, times and values' }) };
      return { memory: { key: update.series, observe: (state) => observe(rules, state as RiskState | undefined, update) }, conclude: (verdict) => conclude(update, verdict as Verdict | null) };
    },
  };
}

function observe(rules: RiskRules, known: RiskState = freshRisk, update: SeriesUpdate): { state: RiskState; verdict: Verdict | null } {
  let state = known;
  let reading: RiskReading | undefined;
  const anomalies: RiskReading[] = [];
  for (const point of update.points) {
    if (state.last !== undefined && point[0] <= state.last[0]) continue;
    const step = observePoint(state, point, rules);
    ({ state, reading } = step);
    if (reading.anomaly) anomalies.push(reading);
  }
  return { state, verdict: reading ? { reading, before: known.level, anomalies: anomalies.sort((a, b) => Math.abs(b.z) - Math.abs(a.z)).slice(0, mostAnomalies) } : null };
}

function conclude(update: SeriesUpdate, verdict: Verdict | null): Conclusion | Nothing {
  if (!verdict) return { nothing: 'no point that is newer than those known' };
  const { reading, before, anomalies } = verdict;
  const rose = levels.indexOf(reading.level) > levels.indexOf(before);
  const anomaly = anomalies[0];
  const severity = Math.min(100, severities[reading.level] + (anomaly ? Math.min(10, Math.round(Math.abs(anomaly.z) - 3)) : 0));
  const places = [update.newest];
  const title = anomaly ? `${update.series}: unusual change, risk ${reading.level}` : `${update.series}: risk ${reading.level}`;
  const statements: Statement[] = [
    { text: `${update.series} stood at ${reading.value}${update.unit && ` ${update.unit}`} on ${dayOf(reading.time)}, ${percent(reading.drawdown)} below its highest value of ${reading.peak}.`, places },
    { text: `A change usually varies by ${percent(reading.volatility / (reading.volatilityRatio || 1))}, lately by ${percent(reading.volatility)} (${reading.volatilityRatio} times).`, places },
    ...anomalies.map((one): Statement => ({ text: `The change on ${dayOf(one.time)} lies ${Math.abs(one.z)} robust deviations ${one.z < 0 ? 'below' : 'above'} the middle.`, places: [update.newest.startsWith('/points') ? '/points' : '/value'] })),
    ...(rose ? [{ text: `The level rose from ${before} to ${reading.level}.`, places }] : []),
  ];
  const from = (value: unknown): { value: unknown; places: string[] } => ({ value, places });
  return {
    kind: anomaly ? 'anomaly' : 'risk-reading',
    subject: update.series,
    title,
    severity,
    statements,
    data: { series: update.series, before, drivers: driversOf(reading), ...reading, anomalies: anomalies.map((one) => ({ time: new Date(one.time).toISOString(), value: one.value, z: one.z })), time: new Date(reading.time).toISOString(), detector: 'robust z (median and MAD), drawdown, exponentially weighted volatility' },
    results: {
      title: from(title), text: from(statements.map((statement) => statement.text).join('\n')), severity: from(severity), citations: { value: places, places: [] }, subject: from(update.series),
      series: from(update.series), level: from(reading.level), value: from(reading.value), drawdown: from(reading.drawdown), volatility: from(reading.volatility), z: from(anomaly?.z ?? reading.z),
    },
    confidence: reading.count < 30 ? 0.5 : 0.85,
    against: reading.count < 30 ? [{ text: `Only ${reading.count} points were seen.`, places }] : [],
    publish: anomaly !== undefined || reading.level !== before || reading.count === update.points.length,
    propose: anomaly !== undefined || rose,
    summary: `series of ${reading.count} points, level ${reading.level}, ${anomalies.length} anomalies`,
  };
}

/** What the level comes from, as shares of one. */
function driversOf(reading: RiskReading): { driver: string; share: number }[] {
  const parts = [
    { driver: 'drawdown', weight: reading.drawdown * 4 },
    { driver: 'volatility', weight: Math.max(0, reading.volatilityRatio - 1) },
    { driver: 'change', weight: Math.abs(reading.z) / 10 },
  ];
  const whole = parts.reduce((sum, part) => sum + part.weight, 0) || 1;
  return parts.map(({ driver, weight }) => ({ driver, share: rounded(weight / whole, 2) }));
}

const percent = (share: number): string => `${rounded(share * 100, 2)} %`;
