// SPDX-License-Identifier: Apache-2.0
import { describe } from 'vitest';
import { type ConformanceBroker, type MessagingFeatures, World } from './conformance/world.js';
import { administering } from './conformance/administering.js';
import { committing } from './conformance/committing.js';
import { delivering } from './conformance/delivering.js';
import { ending } from './conformance/ending.js';
import { handling } from './conformance/handling.js';
import { moving } from './conformance/moving.js';
import { producing } from './conformance/producing.js';

export type { ConformanceBroker, MessagingFeatures } from './conformance/world.js';

export interface MessagingConformance {
  /** The adapter's name, as tests are to be reported. */
  readonly name: string;
  /** Called once, before the first test. */
  readonly connect: () => Promise<ConformanceBroker>;
  readonly features: MessagingFeatures;
}

/** Declares the tests that every adapter of the messaging port must pass, named by the behaviour that they hold it to. */
export function runMessagingConformance({ name, connect, features }: MessagingConformance): void {
  describe(`messaging conformance: ${name}`, { timeout: 60_000 }, () => {
    const world = new World(connect);
    world.declare();
    producing(world, features);
    delivering(world, features);
    committing(world, features);
    handling(world, features);
    ending(world, features);
    administering(world);
    moving(world);
  });
}
