// SPDX-License-Identifier: Apache-2.0
import { anything, choice, duration, integer, list, numeric, object, optional, required, type Shape, text, truth } from '../yaml/shape.js';
import { proposalsShape } from './template.js';

const day = 86_400_000;
const word = text({ most: 100 });
const kind = text({ most: 63, form: /^[a-z][a-z0-9-]*$/, expected: 'a name in lower case' });
const weight = numeric({ min: 0, max: 1 });
const sign = choice([-1, 0, 1]);
const head = { apiVersion: required(choice(['nervus.dev/v1'])) } as const;

/** Ordered event types of the news brain: the first type with a cue in a sentence names the event. */
const eventShape = object({
  type: required(kind),
  /** Share of the highest severity that an event of this type can reach. */
  weight: required(weight),
  /** Direction for the entity where the sentence itself says none: -1 bad, 1 good. */
  direction: required(sign),
  cues: required(list(word, { least: 1, most: 200 })),
  /** Phrases that hold a cue and mean something else. */
  unless: optional(list(word, { most: 100 })),
});

export const newsRules = object({
  ...head,
  kind: required(choice(['NewsRules'])),
  events: required(list(eventShape, { least: 1, most: 64 })),
  /** How long a story is remembered. */
  memory: optional(duration(60_000, 30 * day)),
  /** From this severity on a new story becomes a brief. */
  briefFrom: optional(integer(0, 100)),
  proposals: optional(proposalsShape),
});
export type NewsRules = typeof newsRules extends Shape<infer T> ? T : never;

const conditionShape = object({
  at: required(text({ most: 256, form: /^(\/[^/]*)*$/, expected: 'a JSON Pointer into the content of the signal' })),
  equals: optional(anything),
  in: optional(list(anything, { least: 1, most: 100 })),
  min: optional(numeric({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })),
  max: optional(numeric({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })),
  exists: optional(truth),
});
export type Condition = typeof conditionShape extends Shape<infer T> ? T : never;

/** Rules over the fields of any signal: the first rule whose conditions all hold decides. */
export const signalRules = object({
  ...head,
  kind: required(choice(['SignalRules'])),
  rules: required(
    list(
      object({
        name: required(kind),
        when: required(list(conditionShape, { most: 16 })),
        severity: required(integer(0, 100)),
        /** Text in which `{/pointer}` stands for a value of the signal. */
        title: required(text({ most: 300 })),
        text: required(text({ most: 2000 })),
        brief: optional(truth),
      }),
      { least: 1, most: 64 },
    ),
  ),
  proposals: optional(proposalsShape),
});
export type SignalRules = typeof signalRules extends Shape<infer T> ? T : never;

/** Limits of the risk monitor over a series of prices or levels. */
export const riskRules = object({
  ...head,
  kind: required(choice(['RiskRules'])),
  /** Changes that the robust z-score and the volatility look back over. */
  window: required(integer(10, 500)),
  /** Robust z of the newest change from which it is an anomaly. */
  anomalyFrom: required(numeric({ min: 1, max: 100 })),
  levels: required(
    object({
      /** Share below the highest value seen: elevated, high, severe. */
      drawdown: required(list(numeric({ min: 0, max: 1 }), { least: 3, most: 3 })),
      /** Short-term volatility as a multiple of the long-term one: elevated, high, severe. */
      volatility: required(list(numeric({ min: 0, max: 100 }), { least: 3, most: 3 })),
    }),
  ),
  /** Days of silence after an anomaly of a series, in points. */
  coolDown: optional(integer(0, 500)),
  proposals: optional(proposalsShape),
});
export type RiskRules = typeof riskRules extends Shape<infer T> ? T : never;

export const forecastRules = object({
  ...head,
  kind: required(choice(['ForecastRules'])),
  /** Points of one season: 12 for months of a year, 7 for days of a week. */
  period: required(integer(2, 366)),
  horizon: required(integer(1, 366)),
  /** A share of the recent mean above which the chance of exceeding it is told, and raises severity. */
  exceeds: optional(numeric({ min: 0, max: 100 })),
  proposals: optional(proposalsShape),
});
export type ForecastRules = typeof forecastRules extends Shape<infer T> ? T : never;

export type RulesFile = NewsRules | SignalRules | RiskRules | ForecastRules;

export const rulesShapes = { NewsRules: newsRules, SignalRules: signalRules, RiskRules: riskRules, ForecastRules: forecastRules } as const;

/** What each kind of brain yields under which name, for `{from: name}` in parameters. */
const common = { title: 'string', text: 'string', severity: 'integer', citations: 'array', subject: 'string' } as const;
export type ResultType = 'string' | 'integer' | 'number' | 'array' | 'boolean';
export const resultsOf: Readonly<Record<RulesFile['kind'], Readonly<Record<string, ResultType>>>> = {
  NewsRules: { ...common, entity: 'string', event: 'string', direction: 'integer', story: 'string' },
  SignalRules: { ...common, rule: 'string' },
  RiskRules: { ...common, series: 'string', level: 'string', value: 'number', drawdown: 'number', volatility: 'number', z: 'number' },
  ForecastRules: { ...common, series: 'string', model: 'string', next: 'number', chance: 'number' },
};

/** Who and what the news agent watches; the owner's data. */
export const watchListShape = object({
  ...head,
  kind: required(choice(['WatchList'])),
  entities: required(
    list(
      object({
        id: required(text({ most: 63, form: /^[a-z0-9][a-z0-9-]*$/, expected: 'an id in lower case' })),
        name: required(word),
        type: required(choice(['institution', 'company', 'country', 'commodity', 'currency', 'index', 'person'])),
        /** How much an event of this entity matters, 0 to 1. */
        weight: required(weight),
        aliases: optional(list(word, { most: 64 })),
        /** Ticker symbols: matched in capitals, and when shorter than four letters only as `$ABC` or in brackets. */
        tickers: optional(list(text({ most: 10, form: /^[A-Z0-9.]+$/, expected: 'a ticker in capitals' }), { most: 8 })),
      }),
      { least: 1, most: 5000 },
    ),
  ),
});
export type WatchList = typeof watchListShape extends Shape<infer T> ? T : never;
export type WatchedEntity = WatchList['entities'][number];
