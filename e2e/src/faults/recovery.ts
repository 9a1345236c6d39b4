// SPDX-License-Identifier: Apache-2.0
import { rounded } from '@nervus/bench';
import type { Mesh, ServiceProcess, Sink } from '@nervus/scripts/mesh';
import { type LoadSource, loadSources } from '../folders.js';
import { waitUntil } from '../wait-until.js';
import type { SteadyLoad } from './steady-load.js';

/** Seconds from the kill until the process was ready again, and until events sent after the kill had their effects. */
export interface Recovery {
  readonly service: string;
  readonly ready: number;
  /** By kind of action: a routine one needs no receipt and no credential, a consequential one needs both. */
  readonly effects: Readonly<Record<LoadSource, number>>;
}

/** Kills a process with SIGKILL under load, starts it again at once, as any supervisor would, and waits until all flows. */
export async function killAndRecover(mesh: Mesh, victim: ServiceProcess, load: SteadyLoad, sink: Sink, limitMs: number): Promise<Recovery> {
  const { service, instance } = victim.options;
  const pid = victim.pid;
  if (pid === undefined) throw new Error(`${instance} does not run: it cannot be killed`);
  const killedAt = Date.now();
  victim.kill('SIGKILL');
  await victim.gone();
  mesh.startOne(victim);
  const since = (at: number): number => rounded((at - killedAt) / 1000, 1);
  const [ready, ...flowing] = await Promise.all([
    victim.ready(limitMs).then(() => since(Date.now())),
    ...loadSources.map((source) => waitUntil(`a ${source} effect after ${instance} was killed`, limitMs, () => firstEffectSince(killedAt, source, load, sink))),
  ]);
  return { service, ready, effects: { routine: since(flowing[0]!), consequential: since(flowing[1]!) } };
}

/** When the first event of a source that was sent after an instant had its effect. */
function firstEffectSince(at: number, source: LoadSource, load: SteadyLoad, sink: Sink): number | undefined {
  for (const effect of sink.effects) {
    const event = effect.at > at ? load.events.get(effect.subject) : undefined;
    if (event?.source === source && event.sentAt > at) return effect.at;
  }
  return undefined;
}
