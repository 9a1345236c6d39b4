// SPDX-License-Identifier: Apache-2.0
import { percentile, rounded } from '@nervus/bench';
import type { Installation } from '@nervus/scripts/mesh';
import type { Say } from '../command-line.js';
import { type LoadSource, loadSources, webhookKey } from '../folders.js';
import { waitUntil } from '../wait-until.js';
import { SteadyLoad } from '../steady-load.js';
import { noiseMakers } from './noise-agents.js';
import { type NoiseTargets, slowAnswerMs } from './noise-targets.js';

export interface NeighbourOptions {
  readonly windows: number;
  readonly windowMs: number;
}

/** New events a second. Only the noise makers' targets differ between quiet and noisy windows, never the load. */
const rates = { routine: 20, consequential: 4, failing: 2, slow: 2 } as const;
/** Milliseconds: the compilers of the processes need thousands of runs. */
const warmUpMs = 60_000;
const limits = { acknowledged: 60_000, drained: 240_000 };

/** What the other agents' events took from the sending to the effect, in milliseconds. */
interface Latency {
  readonly events: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface WindowFigures extends Latency {
  readonly byAgent: Readonly<Record<LoadSource, Latency>>;
}

export interface NeighbourFigures {
  /** p99 of the other agents with noise, divided by their p99 without: medians over the windows. */
  readonly ratio: number;
  readonly quiet: readonly WindowFigures[];
  readonly noisy: readonly WindowFigures[];
  readonly answersOfTargets: Readonly<Record<string, number>>;
  readonly method: string;
  readonly loads: readonly SteadyLoad[];
}

/** Quiet and noisy windows in turn, in one run; each begins when nothing is on its way any more. */
export async function disturbNeighbours(installation: Installation, targets: NoiseTargets, { windows, windowMs }: NeighbourOptions, say: Say): Promise<NeighbourFigures> {
  const loads: SteadyLoad[] = [];
  const offer = async (name: string, ms: number): Promise<WindowFigures> => {
    const load = await offerFor(installation, name, ms);
    loads.push(load);
    return figuresOf(load, installation);
  };
  await offer('warm-up', warmUpMs);
  const found = { quiet: [] as WindowFigures[], noisy: [] as WindowFigures[] };
  for (let n = 1; n <= windows; n++) {
    // Now the one first, now the other, so that a mesh that still grows faster favours neither.
    for (const kind of n % 2 === 1 ? (['quiet', 'noisy'] as const) : (['noisy', 'quiet'] as const)) {
      targets.noisy = kind === 'noisy';
      const figures = await offer(`${kind}-${n}`, windowMs);
      found[kind].push(figures);
      say(`${kind} window ${n}: the other agents' p50 ${figures.p50Ms} ms, p99 ${figures.p99Ms} ms`);
    }
  }
  targets.noisy = false;
  const medianP99 = (all: readonly WindowFigures[]): number => percentile(all.map(({ p99Ms }) => p99Ms), 0.5);
  return {
    ratio: rounded(medianP99(found.noisy) / medianP99(found.quiet), 2), ...found, answersOfTargets: targets.answers, loads,
    method: `${windows} quiet and ${windows} noisy windows in turn, ${windowMs / 1000} s each, ${Object.entries(rates).map(([source, rate]) => `${rate}/s ${source}`).join(', ')} in all of them; in noisy ones the target of "failing" answers 500 and that of "slow" after ${slowAnswerMs / 1000} s`,
  };
}

/** One window of load; resolves when every other agent's event has had its effect. */
async function offerFor({ mesh, place, desk }: Installation, name: string, ms: number): Promise<SteadyLoad> {
  const streams = [...loadSources, ...noiseMakers].map((source) => ({ source, secret: webhookKey(place.secretsFolder, source), rate: rates[source] }));
  const load = new SteadyLoad(mesh.urlOf('ingestion').replace('localhost', '127.0.0.1'), `neighbours-${name}`, streams);
  await new Promise((resolve) => setTimeout(resolve, ms));
  await load.end(limits.acknowledged);
  await waitUntil('every effect of the other agents', limits.drained, () => othersOf(load).every(({ subject }) => desk.has(subject))).catch(() => undefined);
  return load;
}

const isOther = (source: string): source is LoadSource => loadSources.some((other) => other === source);
export const othersOf = (load: SteadyLoad): SteadyLoad['accepted'] => load.accepted.filter(({ source }) => isOther(source));

function figuresOf(load: SteadyLoad, { desk }: Installation): WindowFigures {
  const at = new Map(desk.effects.map((effect) => [effect.subject, effect.at]));
  const latency = (source?: LoadSource): Latency => {
    const took = othersOf(load).flatMap((event) => ((source === undefined || event.source === source) && at.has(event.subject) ? [at.get(event.subject)! - event.sentAt] : []));
    return { events: took.length, p50Ms: percentile(took, 0.5), p99Ms: percentile(took, 0.99) };
  };
  return { ...latency(), byAgent: { routine: latency('routine'), consequential: latency('consequential') } };
}
