// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { SmallDisk } from '@nervus/fault-harness';
import { FaultMesh } from '../fault-mesh.js';
import type { GroundKind } from '../scenario.js';

const bytes = 512 * 1024 * 1024;

/** A mesh whose broker keeps its data on a disk that can be filled up. */
export const smallDiskGround: GroundKind<SmallDisk> = {
  name: 'small-disk',
  unmet: () => SmallDisk.unmet(),
  open: async (options) => {
    await using parts = new AsyncDisposableStack();
    const disk = await SmallDisk.mount(join(options.dataDir, 'infrastructure', 'broker'), bytes);
    parts.defer(() => disk.close());
    const mesh = await FaultMesh.open(options);
    parts.defer(() => mesh.close());
    const all = parts.move();
    return { mesh, means: disk, close: () => Promise.resolve(all[Symbol.asyncDispose]()) };
  },
};
