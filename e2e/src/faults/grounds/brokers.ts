// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { FaultMesh } from '../fault-mesh.js';
import type { GroundKind } from '../scenario.js';

/** Of three brokers, in bytes. */
const neededMemory = 1.5 * 2 ** 30;

/** A mesh on three brokers: every topic has three copies, and a record counts once it is in two. */
export const brokersGround: GroundKind<undefined> = {
  name: 'brokers',
  unmet: () => {
    const java = process.env['JAVA_HOME'] ? join(process.env['JAVA_HOME'], 'bin', 'java') : 'java';
    if (spawnSync(java, ['-version'], { stdio: 'ignore' }).status !== 0) return Promise.resolve('three brokers are started with Java, and there is none: install a JDK, 17 or newer (Debian, Ubuntu: apt-get install default-jdk-headless)');
    const available = process.availableMemory();
    return Promise.resolve(available < neededMemory ? `three brokers need 1.5 GB of memory, and ${(available / 2 ** 30).toFixed(1)} GB are available` : undefined);
  },
  open: async (options) => {
    const mesh = await FaultMesh.open(options, { infrastructure: { brokers: 3 } });
    return { mesh, means: undefined, close: () => mesh.close() };
  },
};
