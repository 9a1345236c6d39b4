// SPDX-License-Identifier: Apache-2.0
// Invariant: the cursor advances only after every new item of a poll was acknowledged by Kafka, and only by the process
// that holds the lease. What was acknowledged of a poll that then failed is recognised in the next one.
import { rootId } from '@nervus/contracts';
import { asError, codeOf, type Random } from '@nervus/messaging';
import { OwnIdentity, ServiceClock, ServiceLogger, Sweeps } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { feedItemEvent, type InboundEvent, sha256 } from '@nervus/sources';
import { type Fetched, FeedClient } from '../adapters/feeds/feed-client.js';
import { IngestionMetrics } from '../adapters/ingestion-metrics.js';
import { IngestionStores } from '../adapters/ingestion-stores.js';
import { claimFeed, type Feed, type FeedCursor, feedKey, type PollOutcome, settleFeed } from '../domain/feed-cursor.js';
import { Sources } from '../domain/sources.js';
import { AcceptItems } from './accept-items.js';

const lookEveryMs = 1_000;
/** With the fetch, well below the lease and the time that a stop may take. */
const acknowledgeMs = 8_000;

/** When the database itself did not answer. */
const afterErrorMs = 5_000;

/** What this process knows of a feed between two looks, so that it need not ask the database each second. */
interface Known {
  /** Milliseconds since the epoch. */
  lookAt: number;
  failing: boolean;
  toldMove?: string;
}

/** Jitter in [0, 1), injected so that tests can fix it. */
export class Jitter {
  constructor(readonly next: Random) {}
}

/** Feeds are asked for news when they are due, each by one process at a time. */
@Injectable()
export class PollFeeds {
  private readonly known = new Map<string, Known>();

  constructor(
    sources: Sources,
    sweeps: Sweeps,
    private readonly stores: IngestionStores,
    private readonly client: FeedClient,
    private readonly acceptItems: AcceptItems,
    private readonly identity: OwnIdentity,
    private readonly clock: ServiceClock,
    private readonly metrics: IngestionMetrics,
    private readonly logger: ServiceLogger,
    private readonly random: Jitter,
  ) {
    sources.follow('feed', (source) => {
      const ends = source.spec.config.urls.map((url) => {
        const feed: Feed = { source, url };
        this.known.set(feedKey(feed), { lookAt: 0, failing: false });
        return sweeps.every(`poll-${feedKey(feed)}`, lookEveryMs, () => this.pollIfDue(feed));
      });
      return () => {
        for (const end of ends) end();
      };
    });
  }

  /** One look at a feed: polls it when it is due and no other process does. */
  async pollIfDue(feed: Feed): Promise<void> {
    const known = this.known.get(feedKey(feed));
    if (!known || known.lookAt > this.clock.now()) return;
    try {
      await this.look(feed, known);
    } catch (error) {
      this.failed(feed, known, codeOf(error), asError(error).message);
      known.lookAt = this.clock.now() + afterErrorMs;
    }
  }

  private async look(feed: Feed, known: Known): Promise<void> {
    const holder = this.identity.epoch;
    const claimed = await this.apply(feed, (current) => claimFeed(current, feed.url, holder, this.clock.now()));
    if (claimed?.lease?.holder !== holder || claimed.ended || claimed.nextAt > this.clock.now()) {
      known.lookAt = lookAgainAt(claimed, this.clock.now());
      return;
    }
    const outcome = await this.poll(feed, claimed, known);
    const { everySeconds } = feed.source.spec.config;
    const settled = await this.apply(feed, (current) => settleFeed(current, holder, outcome, { now: this.clock.now(), everySeconds, random: this.random.next() }));
    known.lookAt = lookAgainAt(settled, this.clock.now());
  }

  private async poll(feed: Feed, cursor: FeedCursor, known: Known): Promise<PollOutcome> {
    const fetched = await this.client.fetch(feed.url, cursor, feed.source.spec.config.maxItems);
    this.tellMove(feed, fetched, known);
    switch (fetched.kind) {
      case 'items':
        return this.take(feed, cursor, fetched, known);
      case 'unchanged':
        this.worked(feed, known, 'not_modified');
        return fetched;
      case 'gone':
        this.metrics.polled(feed.source.name, 'gone');
        this.logger.warn({ code: 'feed_gone', ...namesOf(feed) }, 'the feed is gone for good (410) and is not asked for again: its owner should change or remove the source');
        return { kind: 'ended' };
      case 'failed':
        this.failed(feed, known, fetched.reason, fetched.detail);
        return fetched;
    }
  }

  private async take(feed: Feed, cursor: FeedCursor, fetched: Extract<Fetched, { kind: 'items' }>, known: Known): Promise<PollOutcome> {
    const { items, body, kind: _, ...validators } = fetched;
    const before = new Set(cursor.seen);
    // Feeds list the newest first; signals follow in the order in which things happened.
    const events = items.map((item) => feedItemEvent(item, feed.url, body)).toReversed();
    try {
      await this.acceptItems.accept(feed.source, events.filter((event) => !before.has(fingerprintOf(event))), acknowledgeMs);
    } catch (error) {
      this.failed(feed, known, 'not_acknowledged', asError(error).message);
      return { kind: 'failed' };
    }
    this.worked(feed, known, 'read');
    return { kind: 'read', seen: [...new Set(events.map(fingerprintOf))], ...validators };
  }

  private worked(feed: Feed, known: Known, result: 'read' | 'not_modified'): void {
    this.metrics.polled(feed.source.name, result);
    if (known.failing) this.logger.info(namesOf(feed), 'the feed can be read again');
    known.failing = false;
  }

  /** Told once until it works again: a machine that is offline must not fill its log. */
  private failed(feed: Feed, known: Known, reason: string, detail: string): void {
    this.metrics.polled(feed.source.name, 'failed');
    if (!known.failing) this.logger.warn({ code: reason, reason: detail, ...namesOf(feed) }, 'the feed cannot be read now; it is asked for again, less and less often');
    known.failing = true;
  }

  private tellMove(feed: Feed, fetched: Fetched, known: Known): void {
    if (!('movedTo' in fetched) || fetched.movedTo === undefined || fetched.movedTo === known.toldMove) return;
    known.toldMove = fetched.movedTo;
    this.logger.warn({ code: 'feed_moved', to: fetched.movedTo, ...namesOf(feed) }, 'the feed says that it moved for good: its owner should change the source');
  }

  private async apply(feed: Feed, change: (current: FeedCursor | undefined) => FeedCursor | 'unchanged'): Promise<FeedCursor | undefined> {
    const applied = await this.stores.feeds.apply(feedKey(feed), rootId(this.clock.now()), (current) => {
      const state = change(current);
      return state === 'unchanged' ? state : { state, events: [] };
    });
    return applied.state;
  }
}

/** When it is worth asking the database again. */
function lookAgainAt(cursor: FeedCursor | undefined, now: number): number {
  if (cursor?.ended) return Number.POSITIVE_INFINITY;
  if (!cursor) return now;
  return Math.max(cursor.nextAt, cursor.lease?.until ?? 0);
}

const fingerprintOf = (event: InboundEvent): string => sha256(JSON.stringify(event.key)).slice(0, 22);
/** Without the query, which may hold a key. */
const namesOf = ({ source, url }: Feed): { readonly tenant: string; readonly source: string; readonly url: string } => ({ tenant: source.tenant, source: source.name, url: url.replace(/\?.*$/, '') });
