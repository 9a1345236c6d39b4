// SPDX-License-Identifier: Apache-2.0
import { appendFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleAction, SampleWorld, start } from '../../../test/sample-world.js';
import type { Permitted } from '../../domain/permitted.js';
import type { PermittedCall } from '../../domain/tool.js';
import { AlertLog } from './alert-log.js';

const world = new SampleWorld();
let root = '';
let log: AlertLog;
let now = start;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'alert-log-'));
  now = start;
  log = new AlertLog(root, () => now);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const alert = (change: Record<string, unknown> = {}): Permitted => world.permitted(sampleAction('alert.log', { params: { channel: 'market-news', severity: 80, title: 'Default', text: 'Line one\nline two " \u2028', ...change } }));
const call = (permitted: Permitted, change: Partial<PermittedCall> = {}): PermittedCall => ({ permitted, attempt: 1, startedAt: start, signal: new AbortController().signal, ...change });
const file = (tenant = 'default'): string => join(root, tenant, 'market-news.ndjson');
/** Keys of the lines in order. An empty line is none: see line-file.ts. */
const keysIn = async (path: string): Promise<string[]> => (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '').map((line) => (JSON.parse(line) as { key: string }).key);

describe('alert.log', () => {
  it('many alerts at once are one line each, whatever their text holds', async () => {
    const alerts = Array.from({ length: 200 }, (_, n) => alert({ title: `Alert ${n}` }));
    const results = await Promise.all(alerts.map((permitted) => log.execute(call(permitted))));
    expect(new Set(results.map(({ kind }) => kind))).toEqual(new Set(['done']));
    expect((await keysIn(file())).toSorted()).toEqual(alerts.map(({ idempotencyKey }) => idempotencyKey).toSorted());
  });

  it('two processes write to one file and no line is torn or lost', async () => {
    const other = new AlertLog(root, () => now);
    const alerts = Array.from({ length: 200 }, () => alert({ text: 'x'.repeat(4000) }));
    await Promise.all(alerts.map((permitted, n) => (n % 2 === 0 ? log : other).execute(call(permitted))));
    expect(new Set(await keysIn(file())).size).toBe(200);
  });

  it('a repeated call finds the line of the earlier one and writes no second', async () => {
    const permitted = alert();
    await log.execute(call(permitted));
    now += 30_000;
    expect(await new AlertLog(root, () => now).execute(call(permitted, { attempt: 2 }))).toMatchObject({ kind: 'done' });
    expect(await keysIn(file())).toHaveLength(1);
  });

  it('a repeated call after one that wrote nothing writes the line', async () => {
    const permitted = alert();
    await log.execute(call(alert()));
    expect(await log.reconcile(call(permitted))).toBe('not_done');
    expect(await log.execute(call(permitted, { attempt: 2 }))).toMatchObject({ kind: 'done' });
    expect(await log.reconcile(call(permitted))).toBe('done');
  });

  it('a line among thousands of later ones is found, and the search ends at lines that are too old', async () => {
    const permitted = alert();
    await log.execute(call(permitted));
    now += 10_000;
    await Promise.all(Array.from({ length: 300 }, () => log.execute(call(alert({ text: 'é'.repeat(1500) })))));
    expect(await log.reconcile(call(permitted))).toBe('done');
    expect(await log.reconcile(call(permitted, { startedAt: start + 71_000 }))).toBe('not_done');
  });

  it('what a crash left of a line is no line, and does not swallow the next one', async () => {
    const permitted = alert();
    await mkdir(join(root, 'default'));
    await appendFile(file(), `{"at":"2026-11-24T10:00:00.000Z","key":"${permitted.idempotencyKey}","seve`);
    expect(await log.reconcile(call(permitted))).toBe('not_done');
    await log.execute(call(permitted));
    expect(await log.reconcile(call(permitted))).toBe('done');
    expect((await readFile(file(), 'utf8')).split('\n')).toHaveLength(3);
  });

  it('each tenant has its own folder, and a link that leads out of the root is not followed', async () => {
    const other = world.permitted(sampleAction('alert.log', { tenant: 'another' }));
    await log.execute(call(other));
    expect(await keysIn(file('another'))).toEqual([other.idempotencyKey]);
    const outside = await mkdtemp(join(tmpdir(), 'outside-'));
    await symlink(outside, join(root, 'default'));
    expect(await log.execute(call(alert()))).toMatchObject({ kind: 'not_done', detail: expect.stringContaining('no link') });
    await rm(join(root, 'default'));
    await mkdir(join(root, 'default'));
    await symlink(join(outside, 'file'), file());
    expect(await log.execute(call(alert()))).toMatchObject({ kind: 'not_done' });
    await rm(outside, { recursive: true });
  });

  it('after the time of the call nothing is written', async () => {
    expect(await log.execute(call(alert(), { signal: AbortSignal.abort() }))).toMatchObject({ kind: 'not_done' });
    await expect(readFile(file())).rejects.toThrow('ENOENT');
  });

  it('a root that cannot be written is said before the first alert', async () => {
    expect(await log.check()).toBeUndefined();
    await writeFile(join(root, 'taken'), '');
    expect(await new AlertLog(join(root, 'taken', 'alerts'), () => now).check()).toContain('cannot be written');
  });
});
