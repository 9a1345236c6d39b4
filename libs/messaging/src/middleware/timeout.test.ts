// SPDX-License-Identifier: Apache-2.0
import { SignalAccepted } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { TimedOutError } from '../errors.js';
import { inHand, outcomeOf, published, scripted } from '../testing/deliveries.js';
import { SigningWorld } from '../testing/signing-world.js';
import { timeout } from './timeout.js';

describe('timeout', () => {
  it('an attempt that hangs fails and is told so', async () => {
    const world = new SigningWorld();
    const delivery = inHand(await published(world, 'ingestion', SignalAccepted));
    let signal: AbortSignal | undefined;
    const running = timeout(1000, world.clock)(async (inside) => {
      signal = inside.attemptSignal?.();
      await new Promise(() => undefined);
    })(delivery);
    expect(await outcomeOf(world, running, 1000)).toBeInstanceOf(TimedOutError);
    expect(signal?.aborted).toBe(true);
  });

  it('a lost partition is told to the attempt as well', async () => {
    const world = new SigningWorld();
    const delivery = inHand(await published(world, 'ingestion', SignalAccepted));
    let signal: AbortSignal | undefined;
    void timeout(1000, world.clock)(async (inside) => {
      signal = inside.attemptSignal?.();
      await new Promise(() => undefined);
    })(delivery).catch(() => undefined);
    expect(signal?.aborted).toBe(false);
    delivery.revoke();
    expect(signal?.aborted).toBe(true);
  });

  it('an attempt that ends in time leaves no timer behind', async () => {
    const world = new SigningWorld();
    const delivery = inHand(await published(world, 'ingestion', SignalAccepted));
    await timeout(1000, world.clock)(scripted())(delivery);
    await world.clock.advance(0);
    expect(world.clock.pending).toBe(0);
  });
});
