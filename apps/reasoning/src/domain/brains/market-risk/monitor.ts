// SPDX-License-Identifier: Apache-2.0
import type { RiskRules } from '@nervus/agent-manifest';
import type { Point } from '../../series/points.js';
import { deviation, robustZ, rounded } from '../../series/statistics.js';

export const levels = ['normal', 'elevated', 'high', 'severe'] as const;
export type Level = (typeof levels)[number];

/** What is kept of one series: constant in size, however long the series is. */
export interface RiskState {
  /** The newest changes (logarithmic for positive values), as many as the window. */
  readonly changes: readonly number[];
  readonly last: Point | undefined;
  readonly peak: number;
  readonly count: number;
  /** Exponentially weighted variance of the changes. */
  readonly variance: number;
  readonly level: Level;
  /** Points left in which an anomaly is not told again. */
  readonly quiet: number;
}

/** The risk of a series at its newest point. */
export interface RiskReading {
  readonly time: number;
  readonly value: number;
  /** Robust z of the newest change. */
  readonly z: number;
  readonly drawdown: number;
  readonly peak: number;
  /** Standard deviation of a change, short term, and as a multiple of that of the window. */
  readonly volatility: number;
  readonly volatilityRatio: number;
  readonly level: Level;
  readonly anomaly: boolean;
  /** Points seen. */
  readonly count: number;
}

/** Weight of yesterday in the short-term variance (RiskMetrics 1996). */
const memory = 0.94;
/** A level falls only when its cause is clearly below the line that raised it, so that it does not flicker. */
const hysteresis = 0.9;

export const freshRisk: RiskState = { changes: [], last: undefined, peak: Number.NEGATIVE_INFINITY, count: 0, variance: 0, level: 'normal', quiet: 0 };

/** One point: judged against what came before it, then learned. Never looks ahead. */
export function observePoint(state: RiskState, [time, value]: Point, rules: RiskRules): { readonly state: RiskState; readonly reading: RiskReading } {
  const change = state.last === undefined ? 0 : changeOf(state.last[1], value);
  const z = state.last === undefined ? 0 : robustZ(change, state.changes);
  const peak = Math.max(state.peak, value);
  const drawdown = peak > 0 ? Math.max(0, 1 - value / peak) : 0;
  const variance = state.count < 2 ? change ** 2 : memory * state.variance + (1 - memory) * change ** 2;
  const usual = deviation(state.changes);
  const warm = state.changes.length >= 10 && usual > 0;
  const volatilityRatio = warm ? Math.sqrt(variance) / usual : 1;
  const level = levelOf(state.level, drawdown, volatilityRatio, rules);
  const anomaly = warm && Math.abs(z) >= rules.anomalyFrom && state.quiet === 0;
  const changes = state.last === undefined ? state.changes : [...state.changes, change].slice(-rules.window);
  return {
    state: { changes, last: [time, value], peak, count: state.count + 1, variance, level, quiet: anomaly ? (rules.coolDown ?? 0) : Math.max(0, state.quiet - 1) },
    reading: { time, value, z: rounded(z, 2), drawdown: rounded(drawdown), peak, volatility: rounded(Math.sqrt(variance), 6), volatilityRatio: rounded(volatilityRatio, 2), level, anomaly, count: state.count + 1 },
  };
}

const changeOf = (before: number, now: number): number => (before > 0 && now > 0 ? Math.log(now / before) : now - before);

function levelOf(before: Level, drawdown: number, ratio: number, rules: RiskRules): Level {
  const reached = (factor: number): number => {
    const by = (value: number, lines: readonly number[]): number => lines.filter((line) => value >= line * factor).length;
    return Math.max(by(drawdown, rules.levels.drawdown), by(ratio, rules.levels.volatility));
  };
  const held = Math.min(levels.indexOf(before), reached(hysteresis));
  return levels[Math.max(reached(1), held)] ?? 'severe';
}
