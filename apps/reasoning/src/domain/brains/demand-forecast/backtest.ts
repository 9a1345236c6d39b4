// SPDX-License-Identifier: Apache-2.0
import { ascending, mean, quantile } from '../../series/statistics.js';
import { drift, type Forecaster, holtWinters, seasonalNaive } from './smoothing.js';

/** A forecast of one step with its intervals. */
export interface ForecastStep {
  readonly value: number;
  readonly low80: number;
  readonly high80: number;
  readonly low95: number;
  readonly high95: number;
}

export interface Forecast {
  readonly model: 'holt-winters' | 'seasonal-naive' | 'drift';
  readonly steps: readonly ForecastStep[];
  /** Mean absolute error in the backtest, in multiples of seasonal naive's: below 1 is better. */
  readonly relativeError: number;
  readonly origins: number;
  /** Chance that the mean over the horizon exceeds a value. */
  chanceAbove(value: number): number;
}

const mostOrigins = 24;

/**
 * Forecasts with the model that was better when it had to forecast from earlier points of the same series (rolling
 * origin). What does not beat seasonal naive is not used. Intervals are quantiles of the backtest's own errors, so they
 * assume no distribution; with few origins they are widened by the largest error seen.
 */
export function forecast(values: readonly number[], period: number, horizon: number): Forecast {
  const enough = values.length >= 3 * period && values.length >= 2 * period + horizon + 4;
  if (!enough) return shortForecast(values, horizon);
  const naive = errorsOf(seasonalNaive(period), values, period, horizon);
  const smoothed = errorsOf(holtWinters(period), values, period, horizon);
  const relative = absolute(smoothed) / (absolute(naive) || 1);
  const better = relative < 1;
  const errors = better ? smoothed : naive;
  const points = (better ? holtWinters(period) : seasonalNaive(period))(values, horizon);
  return { model: better ? 'holt-winters' : 'seasonal-naive', steps: points.map((value, step) => intervalsOf(value, pooled(errors, step))), relativeError: better ? relative : 1, origins: errors.length, chanceAbove: (line) => chanceAbove(points, errors, line) };
}

function shortForecast(values: readonly number[], horizon: number): Forecast {
  const points = drift(values, horizon);
  const changes = values.slice(1).map((value, index) => value - (values[index] ?? value));
  const centre = mean(changes);
  const errors = [changes.map((change) => change - centre)].filter((row) => row.length > 0);
  return { model: 'drift', steps: points.map((value, step) => intervalsOf(value, (errors[0] ?? [0]).map((error) => error * Math.sqrt(step + 1)))), relativeError: 1, origins: 0, chanceAbove: (line) => chanceAbove(points, errors, line) };
}

/** Errors (actual less forecast) by origin and step; an origin sees nothing behind it. */
function errorsOf(model: Forecaster, values: readonly number[], period: number, horizon: number): number[][] {
  const first = Math.max(2 * period, values.length - horizon - mostOrigins + 1);
  const errors: number[][] = [];
  for (let origin = first; origin + horizon <= values.length; origin++) {
    const forecasts = model(values.slice(0, origin), horizon);
    errors.push(forecasts.map((value, step) => (values[origin + step] as number) - value));
  }
  return errors;
}

const absolute = (errors: readonly (readonly number[])[]): number => mean(errors.flat().map(Math.abs));

/** Errors of a step together with its neighbours', so that a few origins give more than a few errors. */
const pooled = (errors: readonly (readonly number[])[], step: number): number[] => errors.flatMap((row) => [row[step - 1], row[step], row[step + 1]].filter((error) => error !== undefined));

function intervalsOf(value: number, errors: readonly number[]): ForecastStep {
  // An empirical quantile among n errors can be no further out than they are: the finite-sample rank of conformal prediction.
  const distances = errors.map(Math.abs).sort(ascending);
  const reach = (share: number): number => (distances.length === 0 ? 0 : quantile(distances, Math.min(1, (share * (distances.length + 1)) / distances.length)));
  const [near, far] = [reach(0.8), reach(0.95)];
  return { value, low80: value - near, high80: value + near, low95: value - far, high95: value + far };
}

function chanceAbove(points: readonly number[], errors: readonly (readonly number[])[], line: number): number {
  if (errors.length === 0) return mean(points) > line ? 1 : 0;
  const centre = mean(points);
  return errors.filter((row) => centre + mean(row) > line).length / errors.length;
}
