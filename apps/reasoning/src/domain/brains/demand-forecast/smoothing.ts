// SPDX-License-Identifier: Apache-2.0
// Exponential smoothing with damped trend and additive season (Holt 1957, Winters 1960; the damping of Gardner and
// McKenzie 1985). Pure functions over plain arrays.

/** Smoothing parameters, each in [0, 1]. */
export interface Parameters {
  readonly level: number;
  readonly trend: number;
  readonly season: number;
  readonly damping: number;
}

export interface Fit {
  readonly parameters: Parameters;
  /** Mean of squared one-step errors after the first season. */
  readonly error: number;
  /** The next `horizon` values. */
  forecast(horizon: number): number[];
}

/** A forecaster: values in, the next `horizon` values out. */
export type Forecaster = (values: readonly number[], horizon: number) => number[];

/** Every period repeats the one before it: what a model must beat to be used. */
export const seasonalNaive =
  (period: number): Forecaster =>
  (values, horizon) =>
    Array.from({ length: horizon }, (_, step) => values[values.length - period + (step % period)] ?? values.at(-1) ?? 0);

/** The straight line from the first to the last value: for series shorter than two seasons. */
export const drift: Forecaster = (values, horizon) => {
  const [first, last] = [values[0] ?? 0, values.at(-1) ?? 0];
  const step = values.length > 1 ? (last - first) / (values.length - 1) : 0;
  return Array.from({ length: horizon }, (_, index) => last + step * (index + 1));
};

/** Holt-Winters with parameters from a grid, then refined around the best. */
export const holtWinters =
  (period: number): Forecaster =>
  (values, horizon) =>
    bestFit(values, period).forecast(horizon);

const grid = { level: [0.1, 0.3, 0.5, 0.8], trend: [0, 0.05, 0.2], season: [0.05, 0.2, 0.5], damping: [0.9, 0.98] } as const;

/** The parameters with the smallest one-step error. @param values at least two seasons */
export function bestFit(values: readonly number[], period: number): Fit {
  let best: Fit | undefined;
  const consider = (parameters: Parameters): void => {
    const fit = fitWith(values, period, parameters);
    if (!best || fit.error < best.error) best = fit;
  };
  for (const level of grid.level) for (const trend of grid.trend) for (const season of grid.season) for (const damping of grid.damping) consider({ level, trend, season, damping });
  for (const width of [0.1, 0.04]) {
    const centre = (best as Fit).parameters;
    for (const name of ['level', 'trend', 'season'] as const) for (const step of [-width, width]) consider({ ...centre, [name]: Math.min(0.99, Math.max(0, centre[name] + step)) });
  }
  return best as Fit;
}

function fitWith(values: readonly number[], period: number, parameters: Parameters): Fit {
  const { level: alpha, trend: beta, season: gamma, damping: phi } = parameters;
  const start = average(values.slice(0, period));
  let level = start;
  let trend = (average(values.slice(period, 2 * period)) - start) / period;
  const season = values.slice(0, period).map((value) => value - start);
  let squares = 0;
  for (let at = period; at < values.length; at++) {
    const value = values[at] as number;
    const seasonal = season[at % period] as number;
    const expected = level + phi * trend + seasonal;
    squares += (value - expected) ** 2;
    const before = level;
    level = alpha * (value - seasonal) + (1 - alpha) * (level + phi * trend);
    trend = beta * (level - before) + (1 - beta) * phi * trend;
    season[at % period] = gamma * (value - level) + (1 - gamma) * seasonal;
  }
  const length = values.length;
  return {
    parameters,
    error: squares / Math.max(1, length - period),
    forecast: (horizon) => {
      let damped = 0;
      return Array.from({ length: horizon }, (_, step) => {
        damped += phi ** (step + 1);
        return level + damped * trend + (season[(length + step) % period] as number);
      });
    },
  };
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
