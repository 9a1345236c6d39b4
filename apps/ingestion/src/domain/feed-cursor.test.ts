// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { claimFeed, type FeedCursor, type PollOutcome, settleFeed } from './feed-cursor.js';

const url = 'https://a.example/feed';
const claimed = (current: FeedCursor | undefined, holder: string, now: number): FeedCursor => {
  const cursor = claimFeed(current, url, holder, now);
  if (cursor === 'unchanged') throw new Error('not claimed');
  return cursor;
};
const settled = (current: FeedCursor, holder: string, outcome: PollOutcome, now: number, random = 0.5): FeedCursor => {
  const cursor = settleFeed(current, holder, outcome, { now, everySeconds: 300, random });
  if (cursor === 'unchanged') throw new Error('not settled');
  return cursor;
};
const read: PollOutcome = { kind: 'read', seen: ['1'], etag: '"a"', lastModified: 'then' };

describe('the cursor of a feed', () => {
  it('two processes do not both poll; a dead one is replaced', () => {
    const mine = claimed(undefined, 'p1', 0);
    expect(claimFeed(mine, url, 'p2', 59_999)).toBe('unchanged');
    expect(claimed(mine, 'p2', 60_000).lease?.holder).toBe('p2');
  });

  it('a process that lost its lease advances nothing', () => {
    const theirs = claimed(claimed(undefined, 'p1', 0), 'p2', 60_000);
    expect(settleFeed(theirs, 'p1', read, { now: 60_001, everySeconds: 300, random: 0 })).toBe('unchanged');
  });

  it('is due again after its time, give or take a twentieth', () => {
    const at = (random: number): number => settled(claimed(undefined, 'p1', 0), 'p1', read, 1000, random).nextAt;
    expect([at(0), at(0.5), at(1)]).toEqual([286_000, 301_000, 316_000]);
    const next = settled(claimed(undefined, 'p1', 0), 'p1', read, 1000);
    expect(claimFeed(next, url, 'p1', 300_999)).toBe('unchanged');
    expect(claimed(next, 'p2', 301_000)).toMatchObject({ etag: '"a"', lastModified: 'then', seen: ['1'] });
  });

  it('an unchanged feed keeps what is known of it; another response replaces all of it', () => {
    const first = settled(claimed(undefined, 'p1', 0), 'p1', read, 0);
    const same = settled(claimed(first, 'p1', 400_000), 'p1', { kind: 'unchanged' }, 400_000);
    expect(same).toMatchObject({ etag: '"a"', lastModified: 'then', seen: ['1'], failures: 0 });
    const other = settled(claimed(same, 'p1', 800_000), 'p1', { kind: 'read', seen: ['2'] }, 800_000);
    expect(other).toEqual({ url, seen: ['2'], failures: 0, nextAt: 1_100_000 });
  });

  it('failures wait longer and longer, an hour at most, and keep the cursor', () => {
    let cursor = settled(claimed(undefined, 'p1', 0), 'p1', read, 0);
    const waits: number[] = [];
    for (let n = 0; n < 6; n++) {
      const now = cursor.nextAt;
      cursor = settled(claimed(cursor, 'p1', now), 'p1', { kind: 'failed' }, now);
      waits.push((cursor.nextAt - now) / 1000);
    }
    expect(waits).toEqual([300, 600, 1200, 2400, 3600, 3600]);
    expect(cursor).toMatchObject({ etag: '"a"', seen: ['1'], failures: 6 });
  });

  it('a server that asks for quiet gets it, for a day at most', () => {
    const start = claimed(undefined, 'p1', 0);
    expect(settled(start, 'p1', { kind: 'failed', retryAfterSeconds: 7200 }, 0).nextAt).toBe(7_200_000);
    expect(settled(start, 'p1', { kind: 'failed', retryAfterSeconds: 999_999_999 }, 0).nextAt).toBe(86_400_000);
    expect(settled(start, 'p1', { kind: 'failed', retryAfterSeconds: 1 }, 0).nextAt).toBe(300_000);
  });

  it('a feed that is gone is never asked for again', () => {
    const ended = settled(claimed(undefined, 'p1', 0), 'p1', { kind: 'ended' }, 0);
    expect(claimFeed(ended, url, 'p1', 1e12)).toBe('unchanged');
  });

  it('a permanent move is noted for the owner and survives', () => {
    const moved = settled(claimed(undefined, 'p1', 0), 'p1', { ...read, movedTo: 'https://a.example/new' }, 0);
    expect(settled(claimed(moved, 'p1', 400_000), 'p1', { kind: 'unchanged' }, 400_000).movedTo).toBe('https://a.example/new');
  });
});
