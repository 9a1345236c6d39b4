// SPDX-License-Identifier: Apache-2.0
import { SignalAccepted } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { LeaseRevokedError, PermanentError, UnavailableError } from '../errors.js';
import { inHand, outcomeOf, published, scripted } from '../testing/deliveries.js';
import { SigningWorld } from '../testing/signing-world.js';
import { type RetryOptions, retry } from './retry.js';

async function world(options: Partial<RetryOptions> = {}) {
  const signing = new SigningWorld();
  const delays: number[] = [];
  const middleware = retry({ clock: signing.clock, random: () => 1, observer: { retried: (_, delayMs) => void delays.push(delayMs) }, holds: () => false, ...options });
  return { signing, delays, middleware, delivery: inHand(await published(signing, 'ingestion', SignalAccepted)) };
}

describe('retry', () => {
  it('a passing failure is tried again until it succeeds, waiting longer each time', async () => {
    const { signing, delays, middleware, delivery } = await world();
    const step = scripted(new Error('once'), new Error('twice'), 'ok');
    expect(await outcomeOf(signing, middleware(step)(delivery), 1000)).toBeUndefined();
    expect(step.calls).toBe(3);
    expect(delays).toEqual([100, 200]);
    expect(delivery.attempts).toBe(3);
  });

  it('is bounded by time, not by count', async () => {
    const { signing, middleware, delivery } = await world({ maxMs: () => 60_000 });
    const running = middleware(scripted(new Error('always')))(delivery);
    running.catch(() => undefined);
    expect(await outcomeOf(signing, running, 55_000)).toBe('still waiting');
    expect(await outcomeOf(signing, running, 20_000)).toMatchObject({ message: 'always' });
  });

  it.each([
    ['a PermanentError', new PermanentError('refused', 'no')],
    ['any error that says so itself', Object.assign(new Error('no'), { retryable: false })],
  ])('%s goes through at once', async (_, error) => {
    const { middleware, delivery } = await world();
    const step = scripted(error);
    await expect(middleware(step)(delivery)).rejects.toBe(error);
    expect(step.calls).toBe(1);
  });

  it('an outage is waited out however long it takes: a database that is away must not dead-letter everything', async () => {
    const { signing, middleware, delivery } = await world({ maxMs: () => 1000 });
    let away = true;
    const running = middleware(async () => {
      if (away) throw new UnavailableError('database_unavailable', 'away');
    })(delivery);
    expect(await outcomeOf(signing, running, 3_600_000)).toBe('still waiting');
    away = false;
    expect(await outcomeOf(signing, running, 10_000)).toBeUndefined();
  });

  it('a failure right after a long outage is not taken for the end of the record', async () => {
    const { signing, middleware, delivery } = await world({ maxMs: () => 1000 });
    const until = signing.clock.now() + 600_000;
    let failures = 0;
    const running = middleware(async () => {
      if (signing.clock.now() < until) throw new UnavailableError('database_unavailable', 'away');
      if (failures++ === 0) throw new Error('the first write after it');
    })(delivery);
    expect(await outcomeOf(signing, running, 700_000)).toBeUndefined();
  });

  it('on a strict topic no failure is final', async () => {
    const { signing, middleware, delivery } = await world({ holds: () => true, maxMs: () => 1000 });
    expect(await outcomeOf(signing, middleware(scripted(new PermanentError('refused', 'no')))(delivery), 600_000)).toBe('still waiting');
  });

  it('ends when the partition goes away, while waiting and while handling', async () => {
    const { signing, middleware, delivery } = await world();
    const running = middleware(scripted(new Error('always')))(delivery);
    running.catch(() => undefined);
    await signing.clock.advance(10);
    delivery.revoke();
    expect(await outcomeOf(signing, running, 0)).toBeInstanceOf(LeaseRevokedError);
    const step = scripted();
    await expect(middleware(step)(delivery)).rejects.toBeInstanceOf(LeaseRevokedError);
    expect(step.calls).toBe(0);
  });
});
