// SPDX-License-Identifier: Apache-2.0
import { Writable } from 'node:stream';
import { type AggregateStore, UnavailableError } from '@nervus/messaging';
import { FakeClock } from '@nervus/messaging/testing';
import { createLogger, Metrics, OwnIdentity, ServiceClock, type ServiceLogger, Sweeps } from '@nervus/service-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type InboundEvent, Refusal } from '@nervus/sources';
import { FeedClient } from '../adapters/feeds/feed-client.js';
import { IngestionMetrics } from '../adapters/ingestion-metrics.js';
import type { IngestionStores } from '../adapters/ingestion-stores.js';
import { type Feed, type FeedCursor, feedKey } from '../domain/feed-cursor.js';
import { Sources } from '../domain/sources.js';
import { FeedServer, rss } from '../../test/feed-server.js';
import type { AcceptEvent } from './accept-event.js';
import { AcceptItems } from './accept-items.js';
import { Jitter, PollFeeds } from './poll-feeds.js';

/** Keeps states in memory and decides as the database's store does. */
class MemoryStore<S extends object> implements Pick<AggregateStore<S>, 'apply'> {
  readonly states = new Map<string, S>();
  readonly apply: AggregateStore<S>['apply'] = (id, _eventId, decide) => {
    const decision = decide(this.states.get(id));
    if (decision !== 'unchanged') this.states.set(id, decision.state);
    return Promise.resolve({ outcome: decision === 'unchanged' ? decision : 'applied', state: this.states.get(id), version: 1 });
  };
}

let feeds: FeedServer;
let clock: FakeClock;
let polling: PollFeeds;
let feed: Feed;
let client: FeedClient;
const cursors = new MemoryStore<FeedCursor>();
const accepted: string[] = [];
const logged: string[] = [];
let accept: (event: InboundEvent) => Promise<void> = () => Promise.resolve();

beforeEach(async () => {
  for (const list of [accepted, logged]) list.length = 0;
  cursors.states.clear();
  accept = () => Promise.resolve();
  feeds = await FeedServer.listen();
  clock = new FakeClock();
  const serviceClock = new ServiceClock(clock);
  const logger = createLogger('ingestion', 'info', new Writable({ write: (chunk, _encoding, done) => (logged.push(String(chunk)), done()) })) as unknown as ServiceLogger;
  const metrics = new IngestionMetrics(new Metrics('ingestion'));
  const url = `http://${feeds.host}/feed`;
  feed = { url, source: { tenant: 'default', name: 'press', owner: 'group:a', spec: { kind: 'feed', config: { urls: [url], everySeconds: 300, maxItems: 100 }, subject: { constant: 'press' }, trust: 'untrusted', class: 'public', fields: {}, limits: { perSecond: 1, burst: 1 } } } };
  client = new FeedClient(serviceClock, new Set([feeds.host]));
  const acceptEvent: Pick<AcceptEvent, 'accept'> = {
    accept: async (_source, event) => {
      await accept(event);
      accepted.push(event.id);
      return { id: event.id, duplicate: false };
    },
  };
  const acceptItems = new AcceptItems(acceptEvent as AcceptEvent, serviceClock, metrics, logger);
  const sweeps = new Sweeps(serviceClock, logger as never);
  polling = new PollFeeds(new Sources([feed.source]), sweeps, { feeds: cursors } as unknown as IngestionStores, client, acceptItems, new OwnIdentity('ingestion', 'nervus.local', 'p1'), serviceClock, metrics, logger, new Jitter(() => 0.5));
});
afterEach(async () => {
  await client.onModuleDestroy();
  await feeds.close();
});

async function poll(afterSeconds = 0): Promise<FeedCursor | undefined> {
  await clock.advance(afterSeconds * 1000);
  await polling.pollIfDue(feed);
  return cursors.states.get(feedKey(feed));
}

describe('polling a feed', () => {
  beforeEach(() => feeds.on('/feed', () => ({ status: 200, headers: { etag: '"v1"' }, body: rss([{ id: '2', title: 'B' }, { id: '1', title: 'A' }]) })));

  it('a poll whose items were not all acknowledged advances nothing and is made again', async () => {
    accept = (event) => (event.id === '2' ? Promise.reject(new UnavailableError('broker_unavailable', 'away')) : Promise.resolve());
    expect(await poll()).toMatchObject({ seen: [], failures: 1 });
    expect(cursors.states.get(feedKey(feed))).not.toHaveProperty('etag');
    accept = () => Promise.resolve();
    expect(await poll(300)).toMatchObject({ etag: '"v1"', failures: 0, seen: [expect.any(String), expect.any(String)] });
    expect(feeds.to('/feed')[1]?.headers).not.toHaveProperty('if-none-match');
    expect(accepted).toEqual(['1', '1', '2']);
  });

  it('items that were seen are not looked up again, however long the feed shows them', async () => {
    await poll();
    await poll(300);
    await poll(8 * 24 * 3600);
    expect(accepted).toEqual(['1', '2']);
  });

  it('an item that can never be accepted does not hold up the others', async () => {
    accept = (event) => (event.id === '1' ? Promise.reject(new Refusal(413, 'signal_too_large', 'too large')) : Promise.resolve());
    expect(await poll()).toMatchObject({ etag: '"v1"', failures: 0 });
    expect(accepted).toEqual(['2']);
    expect(logged.join('')).toContain('signal_too_large');
  });

  it('a feed that is away is told of once, and when it is back', async () => {
    feeds.on('/feed', (nth) => (nth < 4 ? { status: 500 } : { status: 200, body: rss([]) }));
    await poll();
    await poll(300);
    await poll(600);
    expect(logged.filter((line) => line.includes('"code":"status_500"'))).toHaveLength(1);
    await poll(1200);
    expect(logged.filter((line) => line.includes('can be read again'))).toHaveLength(1);
    expect(feeds.to('/feed')).toHaveLength(4);
  });
});
