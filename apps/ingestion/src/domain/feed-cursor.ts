// SPDX-License-Identifier: Apache-2.0
import { sha256, sourceKey, type SourceOf } from '@nervus/sources';
import { isFreeFor, type Lease } from './lease.js';

/** One of the feeds of a source. */
export interface Feed {
  readonly source: SourceOf<'feed'>;
  readonly url: string;
}

/** Id of the document that holds the cursor of a feed. */
export const feedKey = ({ source, url }: Feed): string => `${sourceKey(source)}/${sha256(url)}`;

/** Where the reading of one feed stands. It advances only after everything of a poll was acknowledged. */
export interface FeedCursor {
  /** For people who look into the database. */
  readonly url: string;
  /** Validators of the last response whose items are all acknowledged. */
  readonly etag?: string;
  readonly lastModified?: string;
  /**
   * Fingerprints of the items of that response. A feed shows an item for weeks, longer than events are remembered, and
   * it is no new event for that.
   */
  readonly seen: readonly string[];
  /** Milliseconds since the epoch at which to ask again. */
  readonly nextAt: number;
  /** Polls that failed since the last that did not. */
  readonly failures: number;
  /** The feed said that it is gone for good (410). */
  readonly ended?: true;
  /** Where the feed says it moved to (301, 308): for its owner, who alone changes the manifest. */
  readonly movedTo?: string;
  readonly lease?: Lease;
}

/** What became of one poll. */
export type PollOutcome =
  | { readonly kind: 'read'; readonly seen: readonly string[]; readonly etag?: string; readonly lastModified?: string; readonly movedTo?: string }
  | { readonly kind: 'unchanged'; readonly movedTo?: string }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly retryAfterSeconds?: number; readonly movedTo?: string };

/** Longer than a poll can take. */
const leaseMs = 60_000;
const longestWaitMs = 3_600_000;
const dayMs = 24 * 3_600_000;

/** Takes the feed for one poll; `unchanged` when it is not due or another process has it. */
export function claimFeed(current: FeedCursor | undefined, url: string, holder: string, now: number): FeedCursor | 'unchanged' {
  const lease = { holder, until: now + leaseMs };
  if (current === undefined) return { url, seen: [], nextAt: now, failures: 0, lease };
  if (current.ended || current.nextAt > now || !isFreeFor(holder, current.lease, now)) return 'unchanged';
  return { ...current, lease };
}

/**
 * Where the feed stands after a poll; `unchanged` when another process took it meanwhile.
 * @param random in [0, 1): spreads polls by a tenth, so that many do not come at once
 */
export function settleFeed(current: FeedCursor | undefined, holder: string, outcome: PollOutcome, when: { readonly now: number; readonly everySeconds: number; readonly random: number }): FeedCursor | 'unchanged' {
  if (current?.lease?.holder !== holder) return 'unchanged';
  const { lease: _, etag, lastModified, ...kept } = current;
  const validators = { ...(etag !== undefined && { etag }), ...(lastModified !== undefined && { lastModified }) };
  const everyMs = when.everySeconds * 1000;
  const spread = (ms: number): number => when.now + Math.round(ms * (0.95 + 0.1 * when.random));
  switch (outcome.kind) {
    case 'read': {
      const { kind: _kind, ...read } = outcome;
      return { ...kept, ...read, failures: 0, nextAt: spread(everyMs) };
    }
    case 'unchanged':
      return { ...kept, ...validators, ...moved(outcome), failures: 0, nextAt: spread(everyMs) };
    case 'ended':
      return { ...kept, ...validators, ended: true };
    case 'failed': {
      const failures = current.failures + 1;
      const backoffMs = Math.min(Math.max(longestWaitMs, everyMs), everyMs * 2 ** Math.min(failures - 1, 10));
      // A server may ask for a day of quiet, not for a year.
      const askedMs = Math.min(dayMs, (outcome.retryAfterSeconds ?? 0) * 1000);
      return { ...kept, ...validators, ...moved(outcome), failures, nextAt: Math.max(spread(backoffMs), when.now + askedMs) };
    }
  }
}

const moved = ({ movedTo }: { readonly movedTo?: string }): { readonly movedTo?: string } => (movedTo === undefined ? {} : { movedTo });
