// SPDX-License-Identifier: Apache-2.0
import type { Installation } from '@nervus/scripts/mesh';
import type { Say } from '../command-line.js';
import { longestPause } from '../rolling/pauses.js';
import { waitUntil } from '../wait-until.js';
import { metricOf } from './metric.js';
import { loadStreams, SteadyLoad } from '../steady-load.js';
import type { UnexpectedEnds } from './unexpected-ends.js';

/** New events a second. */
const rates = { routine: 20, consequential: 4 } as const;
/** Milliseconds: before and after each step. */
const marginMs = 8_000;
const limits = { shared: 120_000, ready: 180_000, drain: 60_000, acknowledged: 60_000, drained: 240_000 };

/** One process more or less. */
interface Step {
  readonly processes: number;
  /** From the start until it was ready, or from the word to stop until it was gone. */
  readonly seconds: number;
  /** Longest time without an effect at the desk, from the step until some seconds after it. */
  readonly deskPauseSeconds: number;
}

export interface ScalingFigures {
  readonly steps: readonly Step[];
  /** Records that each process took in while there were three. */
  readonly takenInByProcess: Readonly<Record<string, number>>;
  readonly load: SteadyLoad;
}

/** action goes from one process to three and back to one under load. */
export async function scaleAction(installation: Installation, ends: UnexpectedEnds, say: Say): Promise<ScalingFigures> {
  const { mesh, place, desk } = installation;
  const load = new SteadyLoad(mesh.urlOf('ingestion').replace('localhost', '127.0.0.1'), 'scaling', loadStreams(place.secretsFolder, rates));
  const steps: Step[] = [];
  const step = async (change: () => Promise<unknown>): Promise<void> => {
    const from = Date.now();
    await change();
    const took = Date.now() - from;
    await pause(marginMs);
    const made = { processes: mesh.processesOf('action').length, seconds: Math.round(took / 100) / 10, deskPauseSeconds: longestPause(desk.effects.map(({ at }) => at), { from, to: Date.now() }) };
    steps.push(made);
    say(`action has ${made.processes} processes after ${made.seconds} s; longest pause at the desk ${made.deskPauseSeconds} s`);
  };
  let takenInByProcess: Readonly<Record<string, number>>;
  try {
    await waitUntil('the first effects', limits.shared, () => load.accepted.some(({ subject }) => desk.has(subject)));
    await pause(marginMs);
    for (let n = 0; n < 2; n++) {
      await step(async () => {
        const next = await mesh.add('action');
        mesh.startOne(next);
        ends.watch(next);
        await next.ready(limits.ready);
      });
    }
    const before = await takenIn(installation);
    takenInByProcess = await waitUntil('work for each of the three', limits.shared, async () => {
      const now = await takenIn(installation);
      const since = Object.fromEntries(Object.entries(now).map(([instance, count]) => [instance, count - (before[instance] ?? 0)]));
      return Object.values(since).every((count) => count > 0) && since;
    }, 1_000).catch(() => ({}));
    for (let n = 0; n < 2; n++) {
      await step(async () => {
        const oldest = mesh.processesOf('action')[0]!;
        ends.expect(oldest);
        await mesh.retire(oldest, limits.drain);
      });
    }
    await load.end(limits.acknowledged);
    await waitUntil('every effect', limits.drained, () => load.accepted.every(({ subject }) => desk.has(subject))).catch(() => undefined);
  } finally {
    load.stop();
  }
  return { steps, takenInByProcess, load };
}

async function takenIn({ mesh }: Installation): Promise<Record<string, number>> {
  const counts = await Promise.all(mesh.processesOf('action').map(async (member) => [member.options.instance, await metricOf(member, 'nervus_records_consumed_total', 'approval.decisions')] as const));
  return Object.fromEntries(counts);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
