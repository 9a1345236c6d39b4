// SPDX-License-Identifier: Apache-2.0
import { RequestChanged } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor, pageOf, parseLimit } from './cursor.js';
import { Feed } from './feed.js';
import { freshnessOf } from './freshness.js';
import { withHeartbeat, withRun } from './other-rows.js';
import { requestList, requestRow } from './request-row.js';

const request = RequestChanged.examples[0]!;
const rowAt = (expiresAt: string, tier: 1 | 2 | 3 = 2, state: RequestChanged['state'] = 'open', at = 1): ReturnType<typeof requestRow> => requestRow('default', { ...request, expiresAt, state, packet: { ...request.packet, tier } }, at);

describe('lists', () => {
  it('the nearest deadline comes first, and of two at once the higher tier', () => {
    const rows = [rowAt('2026-11-24T14:00:00.000Z', 1), rowAt('2026-11-24T14:00:00.000Z', 3), rowAt('2026-11-24T13:00:00.000Z', 1)];
    expect(rows.toSorted((a, b) => a.sort - b.sort).map(({ tier, expiresAt }) => `${expiresAt.slice(11, 13)} ${tier}`)).toEqual(['13 1', '14 3', '14 1']);
    expect(rows.every(({ sort }) => Number.isSafeInteger(sort))).toBe(true);
  });

  it('ended ones come newest first, in a list of their own', () => {
    const [older, newer] = [rowAt('2026-11-24T14:00:00.000Z', 1, 'refused', 5), rowAt('2026-11-24T14:00:00.000Z', 1, 'refused', 9)];
    expect(newer.sort).toBeLessThan(older.sort);
    expect([requestList(older), requestList(rowAt('2026-11-24T14:00:00.000Z'))]).toEqual(['default/refused', 'default/open']);
  });

  it('a page names the next only when there is one', () => {
    const rows = [1, 2, 3].map((sort) => ({ sort, id: `id-${sort}` }));
    expect(pageOf(rows, 3, ({ id }) => id)).toEqual({ items: ['id-1', 'id-2', 'id-3'], next: null });
    expect(pageOf(rows, 2, ({ id }) => id)).toEqual({ items: ['id-1', 'id-2'], next: encodeCursor({ sort: 2, id: 'id-2' }) });
    expect(decodeCursor(encodeCursor({ sort: -5, id: 'default/x' }))).toEqual({ sort: -5, id: 'default/x' });
  });

  it.each(['', 'x', Buffer.from('[1]').toString('base64url'), Buffer.from('{"$gt":1}').toString('base64url'), Buffer.from('[{"$gt":0},"a"]').toString('base64url')])('"%s" is no cursor', (text) => {
    expect(() => decodeCursor(text)).toThrow(expect.objectContaining({ status: 400, code: 'cursor_invalid' }));
  });

  it.each(['0', '201', '-1', '1e3', 'ten'])('a page of %s is refused', (limit) => {
    expect(() => parseLimit(limit)).toThrow(expect.objectContaining({ code: 'limit_invalid' }));
  });
});

describe('newer and older', () => {
  it('a run never goes back to an older version', () => {
    const run = { runId: 'r', version: 2, startedAt: '2026-11-24T10:00:00.000Z' } as Parameters<typeof withRun>[2];
    const row = withRun(undefined, 'default', run, 1);
    expect(row === 'unchanged' ? row : withRun(row, 'default', { ...run, version: 2 }, 9)).toBe('unchanged');
  });

  it('a heartbeat that is read again changes nothing, also when its partition grew another', () => {
    const beat = { epoch: 'e', state: 'beating', at: '2026-11-24T10:00:00.000Z', stopEpoch: 1 } as const;
    const row = withHeartbeat(undefined, 'audit', beat, { partition: 0, offset: '10', at: 10 });
    if (row === 'unchanged') throw new Error('nothing was kept');
    expect(withHeartbeat(row, 'audit', beat, { partition: 0, offset: '9', at: 99 })).toBe('unchanged');
    expect(withHeartbeat(row, 'audit', beat, { partition: 1, offset: '0', at: 9 })).toBe('unchanged');
    expect(withHeartbeat(row, 'audit', beat, { partition: 0, offset: '100', at: 1 })).not.toBe('unchanged');
  });
});

describe('the age of a view', () => {
  it('is the age of the last pulse, or of what is still being worked off', () => {
    expect(freshnessOf(10_000, 9_000, 0)).toEqual({ asOf: new Date(9_000).toISOString(), ageMs: 1_000 });
    expect(freshnessOf(10_000, 9_000, 5_000)).toMatchObject({ ageMs: 5_000 });
    expect(freshnessOf(10_000, 12_000, 0)).toMatchObject({ ageMs: 0 });
  });

  it('is not known before anything was heard', () => {
    expect(freshnessOf(10_000, undefined, 0)).toEqual({ asOf: null, ageMs: null });
  });
});

describe('the feed', () => {
  it('tells exactly what was missed, or that it cannot', () => {
    const feed = new Feed('epoch', 3);
    const start = feed.head;
    for (const n of [1, 2, 3]) feed.push('default', 'request', { n });
    expect(feed.since(start)?.map(({ data }) => data['n'])).toEqual([1, 2, 3]);
    expect(feed.since(feed.head)).toEqual([]);
    feed.push('default', 'request', { n: 4 });
    expect(feed.since(start)).toBeUndefined();
    for (const unknown of ['', 'other.1', 'epoch.5', 'epoch.x', 'epoch.-1']) expect(feed.since(unknown), unknown).toBeUndefined();
  });

  it('a listener that left hears nothing more', () => {
    const feed = new Feed('epoch');
    const heard: string[] = [];
    const stop = feed.listen(({ id }) => heard.push(id));
    feed.push('default', 'stop', {});
    stop();
    feed.push('default', 'stop', {});
    expect(heard).toEqual(['epoch.1']);
  });
});
