// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignalAccepted } from '@nervus/contracts';
import { ServiceWorld } from '@nervus/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestionService } from '../src/ingestion.service.js';
import { FeedServer, rss } from './feed-server.js';
import { type SourceFile, writeSources } from './sender.js';

let world: ServiceWorld;
let feeds: FeedServer;
let closed: string;
let environment: Record<string, string>;
const managementPorts: number[] = [];

const feed = (name: string, ...urls: string[]): SourceFile => ({ name, spec: { kind: 'feed', config: { urls, everySeconds: 10 } } });
const signals = (source: string) => world.of(SignalAccepted, (data) => data.source === source);
const titlesOf = (source: string): unknown[] => signals(source).map(({ data }) => (data.content as { readonly title?: unknown }).title);
async function metric(name: RegExp): Promise<number> {
  const texts = await Promise.all(managementPorts.map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()));
  return texts.flatMap((text) => text.split('\n').filter((line) => name.test(line))).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
async function start(): Promise<{ stop(): Promise<void> }> {
  const service = await world.start(ingestionService, environment);
  managementPorts.push(service.management.port);
  return service;
}

beforeAll(async () => {
  const gone = await FeedServer.listen();
  closed = gone.host;
  await gone.close();
  feeds = await FeedServer.listen();
  const [a, b, c, changed] = [{ id: '1', title: 'A' }, { id: '2', title: 'B' }, { id: '3', title: 'C' }, { id: '1', title: 'A, corrected' }];
  feeds.on('/press', (nth) => (nth === 1 ? { status: 200, headers: { etag: '"v1"', 'last-modified': 'Tue, 24 Nov 2026 10:00:00 GMT' }, body: rss([b, a]) } : nth === 2 ? { status: 304 } : { status: 200, headers: { etag: '"v2"' }, body: rss([c, b, changed]) }));
  feeds.on('/ended', () => ({ status: 410 }));
  feeds.on('/busy', () => ({ status: 503, headers: { 'retry-after': '3600' } }));
  feeds.on('/old', () => ({ status: 301, headers: { location: '/new' } }));
  feeds.on('/new', () => ({ status: 200, body: rss([{ id: '1', title: 'moved' }]) }));
  feeds.on('/broken', (nth) => (nth === 1 ? { status: 200, body: '<html>soon</html>' } : { status: 200, body: rss([{ id: '1', title: 'repaired' }]) }));
  feeds.on('/away', () => ({ status: 302, headers: { location: `http://localhost:${feeds.host.split(':')[1]}/new` } }));

  world = await ServiceWorld.open('ingestion');
  const url = (path: string): string => `http://${feeds.host}${path}`;
  environment = writeSources(world.folder, [
    feed('press', url('/press')), feed('ended', url('/ended')), feed('busy', url('/busy')), feed('moved', url('/old')), feed('broken', url('/broken')), feed('elsewhere', url('/away')),
    feed('offline', `http://${closed}/feed`), feed('inside', 'http://127.0.0.1:1/feed'),
    { name: 'played', spec: { kind: 'recording', config: { file: 'played.ndjson', perSecond: 20 } } },
  ]);
  environment['NERVUS_INTERNAL_FEEDS'] = `${feeds.host},${closed}`;
  const lines = Array.from({ length: 90 }, (_, n) => JSON.stringify({ id: `item-${n}`, title: `Title ${n}`, published: '2026-09-01T06:27:00.000Z', labelled: 'recorded for Nervus' }));
  // Told again later, as feeds do; and a line that is no item.
  writeFileSync(join(environment['NERVUS_RECORDINGS'] ?? '', 'played.ndjson'), [...lines.slice(0, 50), lines[3], '{"title":"no id"}', '', ...lines.slice(50), lines[60]].join('\n'));
});
afterAll(async () => {
  await world.close();
  await feeds.close();
});

describe('sources that are asked', () => {
  it('a recording goes on after a restart, each item once, with its original time and marked as played again', async () => {
    const first = await start();
    await world.when(() => signals('played').length >= 40, 'forty items');
    await world.stop(first);
    managementPorts.length = 0;
    await Promise.all([start(), start()]);
    await world.when(() => signals('played').length >= 90, 'all items');
    await world.when(async () => (await metric(/^nervus_signals_duplicate_total\{source="played"/)) >= 2, 'the repeated items');
    expect(new Set(signals('played').map(({ data }) => data.origin.id)).size).toBe(90);
    expect(signals('played')).toHaveLength(90);
    expect(signals('played')[0]).toMatchObject({ key: 'default/played', data: { kind: 'replay.item', replay: true, origin: { id: 'item-0', type: 'recording.item', time: '2026-09-01T06:27:00.000Z' }, content: { title: 'Title 0', labelled: 'recorded for Nervus' } } });
    // It did not begin anew: at most the chunk in hand was played again.
    expect(await metric(/^nervus_signals_duplicate_total\{source="played"/)).toBeLessThanOrEqual(22);
    expect(await metric(/^nervus_signals_rejected_total\{source="played",reason="line_invalid"/)).toBe(1);
  });

  it('a feed is polled by one of two processes, conditionally, and yields what is new or changed', async () => {
    await world.when(() => feeds.to('/press').length >= 3 && signals('press').length >= 4, 'three polls');
    expect(titlesOf('press')).toEqual(['A', 'B', 'A, corrected', 'C']);
    expect(signals('press')[0]?.data).toMatchObject({ kind: 'feed.item', origin: { id: '1', type: 'feed.item', source: `http://${feeds.host}/press` }, content: { title: 'A', published: 'Tue, 24 Nov 2026 10:00:00 GMT' } });
    const asked = feeds.to('/press').slice(0, 3);
    expect(asked.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"v1"', '"v1"']);
    expect(asked[1]?.headers['if-modified-since']).toBe('Tue, 24 Nov 2026 10:00:00 GMT');
    for (const [at, { at: time }] of asked.entries()) if (at > 0) expect(time - (asked[at - 1]?.at ?? 0)).toBeGreaterThan(9_000);
  });

  it('a feed that is gone, or asks for quiet, is asked once', () => {
    expect(feeds.to('/ended')).toHaveLength(1);
    expect(feeds.to('/busy')).toHaveLength(1);
  });

  it('a feed that moved within its host is read, one that leads to another host is not', async () => {
    expect(titlesOf('moved')).toEqual(['moved']);
    // A poll may be on its way from the one to the other; a follower of the foreign redirect would come on top of all.
    await world.when(() => feeds.to('/new').length === feeds.to('/old').length, 'as many requests to the new place as to the old');
    expect(signals('elsewhere')).toEqual([]);
  });

  it('a feed that could not be read is read when it can be', () => {
    expect(titlesOf('broken')).toEqual(['repaired']);
  });

  it('an offline machine counts its failures; the inside network stays closed unless it is allowed', async () => {
    expect(await metric(/^nervus_feed_polls_total\{source="offline",result="failed"/)).toBeGreaterThan(0);
    expect(await metric(/^nervus_feed_polls_total\{source="inside",result="failed"/)).toBeGreaterThan(0);
  });
});
