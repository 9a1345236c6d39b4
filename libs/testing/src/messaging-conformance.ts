// SPDX-License-Identifier: Apache-2.0
import { describe } from 'vitest';
import { administering } from './conformance/administering.js';
import { authorising } from './conformance/authorising.js';
import { committing } from './conformance/committing.js';
import { delivering } from './conformance/delivering.js';
import { ending } from './conformance/ending.js';
import { type AdapterName, declaredFeatures } from './conformance/features.js';
import { handling } from './conformance/handling.js';
import { moving } from './conformance/moving.js';
import type { ClientFactory } from './conformance/kafka-broker.js';
import { outages } from './conformance/outages.js';
import { producing } from './conformance/producing.js';
import { rebalancing } from './conformance/rebalancing.js';
import { returning } from './conformance/returning.js';
import { type ConformanceBroker, World } from './conformance/world.js';

export { type AdapterName, declaredFeatures, type MessagingFeature, messagingFeatures, type MessagingFeatures } from './conformance/features.js';
export { type ClientFactory, kafkaBroker } from './conformance/kafka-broker.js';
export { MemberProcess, type MemberOptions } from './conformance/member-process.js';
export { type ConformanceBroker, unsupportedIn, until } from './conformance/world.js';

export interface MessagingConformance {
  /** The adapter, as it declares its features. */
  readonly name: AdapterName;
  /** Called once, before the first test. */
  readonly connect: () => Promise<ConformanceBroker>;
  /** Feature `authorisation`: makes clients of a broker with access rules. */
  readonly secured?: ClientFactory;
}

/** Declares the tests that every adapter of the messaging port must pass, named by the behaviour that they hold it to. */
export function runMessagingConformance({ name, connect, secured }: MessagingConformance): void {
  describe(`messaging conformance: ${name}`, { timeout: 90_000 }, () => {
    const world = new World(name, declaredFeatures[name], connect);
    world.declare();
    producing(world);
    delivering(world);
    committing(world);
    rebalancing(world);
    returning(world);
    handling(world);
    ending(world);
    administering(world);
    moving(world);
    outages(world);
    authorising(world, secured);
  });
}
