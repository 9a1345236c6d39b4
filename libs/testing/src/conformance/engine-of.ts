// SPDX-License-Identifier: Apache-2.0
import { Engine, type EngineOptions, type InboundRecord, type Lease, systemClock } from '@nervus/messaging';
import type { World } from './world.js';

export interface Running {
  readonly engine: Engine;
  /** What ended it. */
  readonly fatal: readonly Error[];
}

/** A running engine over the adapter that is tested. */
export async function engineOf(world: World, topic: string, groupId: string, record: (record: InboundRecord, lease: Lease) => Promise<void>, limits: EngineOptions['limits'] = {}, options: Partial<EngineOptions> = {}): Promise<Running> {
  const fatal: Error[] = [];
  const engine = new Engine({ client: world.broker.client(), groupId, subscriptions: [{ topic, from: 'beginning', handle: { record } }], clock: systemClock, onFatal: (error) => fatal.push(error), limits, ...options });
  world.after(() => engine.close({ drainMs: 2000 }));
  await engine.start();
  return { engine, fatal };
}
