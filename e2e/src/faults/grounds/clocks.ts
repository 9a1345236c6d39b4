// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { ShiftedClock } from '@nervus/fault-harness';
import { type ServiceName, services } from '@nervus/contracts';
import { FaultMesh } from '../fault-mesh.js';
import type { GroundKind } from '../scenario.js';

/** A mesh in which the clock of each service can be set by itself. */
export const clockGround: GroundKind<ReadonlyMap<string, ShiftedClock>> = {
  name: 'clocks',
  unmet: () => Promise.resolve(undefined),
  open: async (options) => {
    const clocks = new Map<ServiceName, ShiftedClock>(services.map((service) => [service, new ShiftedClock(join(options.dataDir, 'clocks', service))]));
    const environment = Object.fromEntries([...clocks].map(([service, clock]) => [service, clock.environment]));
    const mesh = await FaultMesh.open(options, { environment: () => Promise.resolve(environment) });
    return { mesh, means: clocks, close: () => mesh.close() };
  },
};
