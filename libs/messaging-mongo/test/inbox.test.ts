// SPDX-License-Identifier: Apache-2.0
import { FakeClock } from '@nervus/messaging/testing';
import { describe, expect, it } from 'vitest';
import { Inbox } from '../src/index.js';
import { freshDatabase } from './world.js';

const fresh = freshDatabase();
const clock = new FakeClock();

async function inboxes(count = 1, group = 'g') {
  const database = await fresh();
  const made = Array.from({ length: count }, () => new Inbox({ database, clock, group, leaseMs: 1000, keepMs: 5000 }));
  await made[0]!.prepare();
  return { database, made };
}

describe('the inbox', () => {
  it('20 deliveries of one event to two processes have one effect', async () => {
    const { made } = await inboxes(2);
    let effects = 0;
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => made[n % 2]!.once('e', async () => void effects++)));
    expect(effects).toBe(1);
    expect(results.filter((result) => result.status === 'fulfilled' && result.value === 'done')).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'effect_in_progress', retryable: true });
    expect(await made[1]!.once('e', async () => void effects++)).toBe('duplicate');
    expect(effects).toBe(1);
  });

  it('groups do not know each other', async () => {
    const { database, made } = await inboxes();
    await made[0]!.once('e', async () => undefined);
    expect(await new Inbox({ database, clock, group: 'other' }).once('e', async () => undefined)).toBe('done');
  });

  it('an effect whose process died is begun again when its lease is over, and is told so', async () => {
    const { made } = await inboxes(2);
    void made[0]!.once('e', () => new Promise(() => undefined));
    let begun: boolean | undefined;
    await expect.poll(() => made[1]!.once('e', async () => undefined).catch((error: unknown) => error)).toMatchObject({ code: 'effect_in_progress' });
    await clock.advance(1001);
    expect(await made[1]!.once('e', async (before) => void (begun = before))).toBe('done');
    expect(begun).toBe(true);
  });

  it('an effect that failed may be tried again at once', async () => {
    const { made } = await inboxes();
    await expect(made[0]!.once('e', () => Promise.reject(new Error('no mail server')))).rejects.toThrow('no mail server');
    expect(await made[0]!.once('e', async () => undefined)).toBe('done');
  });

  it('what is old is forgotten, what is not is not', async () => {
    const { made } = await inboxes();
    await made[0]!.once('old', async () => undefined);
    await clock.advance(5000);
    await made[0]!.once('new', async () => undefined);
    await clock.advance(1);
    expect(await made[0]!.forgetOld()).toBe(1);
    expect(await made[0]!.once('new', async () => undefined)).toBe('duplicate');
    expect(await made[0]!.once('old', async () => undefined)).toBe('done');
  });
});
