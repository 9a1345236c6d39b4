// SPDX-License-Identifier: Apache-2.0
import type { Disturbance } from '@nervus/fault-harness';
import { FaultMesh, type FaultMeshOptions } from './fault-mesh.js';

/** A mesh that stands on something prepared, such as networks that can be cut. */
export interface Ground<Means> {
  readonly mesh: FaultMesh;
  readonly means: Means;
  /** Stops the mesh, and then removes what was prepared. */
  close(): Promise<void>;
}

/** A way to prepare a mesh. Scenarios of one kind share a mesh, one after the other. */
export interface GroundKind<Means> {
  readonly name: string;
  /** Why this machine does not allow it, or nothing. */
  unmet(): Promise<string | undefined>;
  /** Leaves nothing behind when it throws. */
  open(options: FaultMeshOptions): Promise<Ground<Means>>;
}

/** What goes wrong, under load, in one scenario. */
export interface ScenarioParts<Means> {
  readonly name: string;
  /** Disturbances to choose from: each is made once, in an order of the seed's choice, before one is made again. */
  readonly choices: (mesh: FaultMesh, means: Means) => readonly Disturbance[];
  /** How many are made. @default as many as there are to choose from */
  readonly steps?: number;
}

/** A scenario whose ground's means nobody else needs to know. */
export interface Scenario {
  readonly name: string;
  readonly ground: string;
  unmet(): Promise<string | undefined>;
  open(options: FaultMeshOptions): Promise<Ground<unknown>>;
  choices(ground: Ground<unknown>): readonly Disturbance[];
  readonly steps: number | undefined;
}

export function scenarioOn<Means>(kind: GroundKind<Means>, { name, choices, steps }: ScenarioParts<Means>): Scenario {
  return {
    name, steps, ground: kind.name,
    unmet: () => kind.unmet(),
    open: (options) => kind.open(options),
    // A ground comes back only to scenarios of the kind that opened it.
    choices: ({ mesh, means }) => choices(mesh, means as Means),
  };
}

/** A mesh without anything particular. @param name keeps scenarios with another name off the same mesh */
export const plainGround = (name: string): GroundKind<undefined> => ({
  name,
  unmet: () => Promise.resolve(undefined),
  open: async (options) => {
    const mesh = await FaultMesh.open(options);
    return { mesh, means: undefined, close: () => mesh.close() };
  },
});
