// SPDX-License-Identifier: Apache-2.0
import { type Lasted, until } from '@nervus/fault-harness';
import { rounded } from '@nervus/bench';
import type { Sink } from '@nervus/scripts/mesh';
import { type LoadSource, loadSources } from '../folders.js';
import type { FaultMesh } from './fault-mesh.js';
import type { SteadyLoad } from '../steady-load.js';

/** Seconds from the moment in which nothing disturbs any more until all was well again. */
export interface Recovery {
  /** Until every process answered that it is ready. */
  readonly ready: number;
  /** Until an event that was sent when everything had been put right had its effect: a routine one needs no receipt and no credential, a consequential one needs both. */
  readonly routine: number;
  readonly consequential: number;
}

/** Waits until all processes are ready and all flows. @throws FaultError `not_within` */
export async function recovered({ processes, desk }: FaultMesh, load: SteadyLoad, what: string, { liftedAt, endedAt }: Lasted, limitMs: number, signal: AbortSignal): Promise<Recovery> {
  const since = (at: number): number => rounded((at - liftedAt) / 1000, 1);
  const flows = (source: LoadSource): Promise<number> => until(`a ${source} effect after: ${what}`, { limitMs, signal }, () => firstEffectSince(endedAt, source, load, desk));
  const [ready, routine, consequential] = await Promise.all([
    Promise.all(processes.map(({ member, name }) => until(`${name} ready after: ${what}`, { limitMs, signal }, () => member.answersReady()))).then(() => Date.now()),
    ...loadSources.map(flows),
  ]);
  return { ready: since(ready), routine: since(routine!), consequential: since(consequential!) };
}

/** When the first event of a source that was sent after an instant had its effect. */
function firstEffectSince(at: number, source: LoadSource, load: SteadyLoad, sink: Sink): number | undefined {
  for (const effect of sink.effects) {
    const event = effect.at > at ? load.events.get(effect.subject) : undefined;
    if (event?.source === source && event.sentAt > at) return effect.at;
  }
  return undefined;
}

/** By what was done; the slowest of each where it was done more than once. */
export function slowest(recoveries: readonly (Recovery & { readonly what: string })[]): Record<string, Recovery> {
  const all: Record<string, Recovery> = {};
  for (const { what, ready, routine, consequential } of recoveries) {
    const before = all[what] ?? { ready: 0, routine: 0, consequential: 0 };
    all[what] = { ready: Math.max(ready, before.ready), routine: Math.max(routine, before.routine), consequential: Math.max(consequential, before.consequential) };
  }
  return all;
}
