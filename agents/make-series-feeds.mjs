// SPDX-License-Identifier: Apache-2.0
// Writes feeds of real series for market-risk and demand-forecast: `node agents/make-series-feeds.mjs <folder>`.
// The data come from the npm package vega-datasets (BSD-3-Clause), a development dependency; none of them is kept here.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = process.argv[2];
if (!folder) throw new Error('expected the folder to write to: node agents/make-series-feeds.mjs <folder>');
const data = fileURLToPath(new URL('../data', import.meta.resolve('vega-datasets')));
const marker = 'recorded for Nervus';

/** Rows of a CSV file without quoted fields. */
const rows = (file) =>
  readFileSync(join(data, file), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
const instant = (text) => new Date(`${text} UTC`).toISOString();

const item = (series, unit, points) => ({ id: `urn:nervus-series:${series}:${points.at(-1).time}`, title: `${series}: ${points.length} values`, summary: '', published: points.at(-1).time, lang: 'en', labelled: marker, series, unit, points });

function chunks(series, unit, points, first, size) {
  const items = [item(series, unit, points.slice(0, first))];
  for (let at = first; at < points.length; at += size) items.push(item(series, unit, points.slice(at, at + size)));
  return items;
}

// S&P 500, daily closes 2000 to 2020, a quarter of a year a signal; five shares, monthly, a year a signal.
const index = rows('sp500-2000.csv').map((row) => ({ time: instant(row[0]), value: Number(row[4]) }));
const shares = new Map();
for (const [symbol, date, price] of rows('stocks.csv')) shares.set(symbol, [...(shares.get(symbol) ?? []), { time: instant(date), value: Number(price) }]);
const prices = [...chunks('sp500', 'points', index, 63, 63), ...[...shares].flatMap(([symbol, points]) => chunks(symbol.toLowerCase(), 'dollars', points, 24, 12))];

// Persons out of work by industry, monthly and not adjusted: the demand on an employment office. Eight years, then month by month.
const demand = new Map();
for (const { series, count, date } of JSON.parse(readFileSync(join(data, 'unemployment-across-industries.json'), 'utf8'))) demand.set(series, [...(demand.get(series) ?? []), { time: new Date(date).toISOString(), value: count }]);
const slug = (name) => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
const offices = [...demand].filter(([name]) => ['Agriculture', 'Construction', 'Leisure and hospitality', 'Education and Health'].includes(name)).flatMap(([name, points]) => chunks(slug(name), 'thousand persons', points, 96, 1));

mkdirSync(folder, { recursive: true });
write('recorded-prices', prices);
write('recorded-demand', offices);

function write(name, items) {
  const lines = items.sort((a, b) => (a.published < b.published ? -1 : 1)).map((one) => JSON.stringify(one));
  writeFileSync(join(folder, `${name}.ndjson`), `${lines.join('\n')}\n`);
  process.stdout.write(`${name}: ${lines.length} items\n`);
}
