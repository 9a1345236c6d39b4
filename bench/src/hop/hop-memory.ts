// SPDX-License-Identifier: Apache-2.0
import { rounded } from '../latency.js';
import type { ClientName } from './hop-messages.js';
import type { HopWorld } from './hop-world.js';
import { offer } from './offer.js';

/** Resident memory of the engine hop's process under load. */
export interface ClientMemory {
  readonly offered: number;
  /** MiB when load begins and after each minute. */
  readonly rssMb: readonly number[];
  /** MiB a minute: the straight line that fits best from the first minute on. */
  readonly slopeMbPerMinute: number;
}

const offered = 300;
const sampleSeconds = 60;

/** The engine hops of all clients at the same time, each with all of the load. */
export async function measureMemory(world: HopWorld, minutes: number, log: (line: string) => void): Promise<Readonly<Record<ClientName, ClientMemory>>> {
  const name = world.nextRun();
  const hops = world.pairs.map(({ client, engine: { process } }) => ({ client, process, run: `${name}${client}`, rssMb: [] as number[] }));
  for (const { process, run } of hops) await process.begin({ name: run, from: 'end', measureMs: 0, expected: 0 });
  for (let minute = 0; ; minute++) {
    for (const { process, rssMb } of hops) rssMb.push(rounded(process.residentMb));
    log(`memory, minute ${minute}: ${hops.map(({ client, rssMb }) => `${client} ${rssMb.at(-1)} MiB`).join(', ')}`);
    if (minute === minutes) break;
    await offer(`${name}-${minute}`, offered, sampleSeconds, (subjects) => world.load.sendSigned(subjects));
  }
  for (const { process, run } of hops) {
    await process.stop();
    await world.forget(run);
  }
  const figures = hops.map(({ client, rssMb }): [ClientName, ClientMemory] => [client, { offered, rssMb, slopeMbPerMinute: rounded(slopeOf(rssMb.slice(1)), 2) }]);
  return Object.fromEntries(figures) as Record<ClientName, ClientMemory>;
}

/** By least squares, of samples one apart; 0 for fewer than two. */
function slopeOf(samples: readonly number[]): number {
  if (samples.length < 2) return 0;
  const middle = (samples.length - 1) / 2;
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  const [above, below] = samples.reduce(([a, b], sample, at) => [a + (at - middle) * (sample - mean), b + (at - middle) ** 2], [0, 0]);
  return above / below;
}
