// SPDX-License-Identifier: Apache-2.0
import { FakeClock, settled } from '@nervus/messaging/testing';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ServiceClock } from './service-clock.js';
import { Sweeps } from './sweeps.js';

const quiet = pino({ level: 'silent' });

describe('sweeps', () => {
  it('begin when the service is ready, and come back', async () => {
    const clock = new FakeClock();
    const sweeps = new Sweeps(new ServiceClock(clock), quiet);
    let runs = 0;
    sweeps.every('count', 1000, async () => void (runs += 1));
    await clock.advance(5000);
    expect(runs).toBe(0);
    sweeps.start();
    await clock.advance(1000);
    expect(runs).toBe(1);
    await clock.advance(1000);
    expect(runs).toBe(2);
  });

  it('one that takes long is never run twice at a time', async () => {
    const clock = new FakeClock();
    const sweeps = new Sweeps(new ServiceClock(clock), quiet);
    let running = 0;
    let most = 0;
    const gate = Promise.withResolvers<void>();
    sweeps.every('slow', 100, async () => {
      running += 1;
      most = Math.max(most, running);
      await gate.promise;
      running -= 1;
    });
    sweeps.start();
    await clock.advance(1000);
    expect([running, most]).toEqual([1, 1]);
    gate.resolve();
    await settled();
    await clock.advance(100);
    expect(most).toBe(1);
  });

  it('one that fails is run again', async () => {
    const clock = new FakeClock();
    const sweeps = new Sweeps(new ServiceClock(clock), quiet);
    let runs = 0;
    sweeps.every('failing', 100, () => {
      runs += 1;
      return Promise.reject(new Error('the database is away'));
    });
    sweeps.start();
    await clock.advance(100);
    await clock.advance(100);
    expect(runs).toBe(2);
  });

  it('one that was ended begins no more, and a stop still waits for its last run', async () => {
    const clock = new FakeClock();
    const sweeps = new Sweeps(new ServiceClock(clock), quiet);
    const gate = Promise.withResolvers<void>();
    let runs = 0;
    const end = sweeps.every('slow', 100, async () => {
      runs += 1;
      await gate.promise;
    });
    const never = sweeps.every('never', 100, async () => void (runs += 10));
    sweeps.start();
    never();
    await clock.advance(100);
    end();
    let stopped = false;
    const stopping = sweeps.stop().then(() => (stopped = true));
    await settled();
    expect([runs, stopped]).toEqual([1, false]);
    gate.resolve();
    await stopping;
    await clock.advance(1000);
    expect(runs).toBe(1);
  });

  it('stopping waits for the one that runs, and nothing begins afterwards', async () => {
    const clock = new FakeClock();
    const sweeps = new Sweeps(new ServiceClock(clock), quiet);
    const gate = Promise.withResolvers<void>();
    let runs = 0;
    let stopped = false;
    sweeps.every('slow', 100, async () => {
      runs += 1;
      await gate.promise;
    });
    sweeps.start();
    await clock.advance(100);
    const stopping = sweeps.stop().then(() => {
      stopped = true;
      return undefined;
    });
    await settled();
    expect(stopped).toBe(false);
    gate.resolve();
    await stopping;
    await clock.advance(1000);
    expect(runs).toBe(1);
  });
});
