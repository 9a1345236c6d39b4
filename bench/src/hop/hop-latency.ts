// SPDX-License-Identifier: Apache-2.0
import { percentile, rounded } from '../latency.js';
import type { Arrivals } from './arrivals.js';
import type { ClientName } from './hop-messages.js';
import type { Hop, HopWorld } from './hop-world.js';
import { offer } from './offer.js';

interface LatencyWindow {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** From the client's send to the output being read, at one rate; medians of the rounds, in each of which both hops ran. */
export interface ClientLatency extends LatencyWindow {
  /** Records a second. */
  readonly offered: number;
  readonly bareP50Ms: number;
  readonly bareP99Ms: number;
  /** p99 of the engine hop by that of the bare one: median of the rounds. */
  readonly ratio: number;
  readonly windows: readonly { readonly engine: LatencyWindow; readonly bare: LatencyWindow; readonly ratio: number }[];
}

const offered = 100;
/** Seconds of load in each window before it counts: joining a group is over then. */
const settleSeconds = 3;

/** Windows in turn, as for throughput; the first round is for the compilers. */
export async function measureLatency(world: HopWorld, arrivals: Arrivals, seconds: number, rounds: number, log: (line: string) => void): Promise<Readonly<Record<ClientName, ClientLatency>>> {
  const windows = new Map<ClientName, ClientLatency['windows'][number][]>();
  for (let round = 0; round <= rounds; round++) {
    for (const { client, engine, bare } of world.pairs) {
      const pair = { engine: await windowOf(world, arrivals, engine, seconds), bare: await windowOf(world, arrivals, bare, seconds) };
      const ratio = rounded(pair.engine.p99Ms / pair.bare.p99Ms, 2);
      if (round > 0) windows.set(client, [...(windows.get(client) ?? []), { ...pair, ratio }]);
      log(`latency, ${round === 0 ? 'warm-up' : `round ${round}`}, ${client}: engine p50 ${pair.engine.p50Ms} p99 ${pair.engine.p99Ms} ms; bare p50 ${pair.bare.p50Ms} p99 ${pair.bare.p99Ms} ms`);
    }
  }
  return Object.fromEntries(world.pairs.map(({ client }) => [client, summaryOf(windows.get(client)!)])) as Record<ClientName, ClientLatency>;
}

async function windowOf(world: HopWorld, arrivals: Arrivals, hop: Hop, seconds: number): Promise<LatencyWindow> {
  const name = world.nextRun();
  const send = (subjects: readonly string[]): Promise<void> => (hop.kind === 'engine' ? world.load.sendSigned(subjects) : world.load.sendBare(subjects));
  await hop.process.begin({ name, from: 'end', measureMs: 0, expected: 0 });
  await arrivals.ofAll(await offer(`${name}-settle`, offered, settleSeconds, send));
  const latencies = await arrivals.ofAll(await offer(name, offered, seconds, send));
  await hop.process.stop();
  await world.forget(name);
  return { p50Ms: rounded(percentile(latencies, 0.5)), p99Ms: rounded(percentile(latencies, 0.99)) };
}

function summaryOf(windows: ClientLatency['windows']): ClientLatency {
  const median = (of: (window: ClientLatency['windows'][number]) => number): number => percentile(windows.map(of), 0.5);
  return {
    offered,
    p50Ms: median(({ engine }) => engine.p50Ms),
    p99Ms: median(({ engine }) => engine.p99Ms),
    bareP50Ms: median(({ bare }) => bare.p50Ms),
    bareP99Ms: median(({ bare }) => bare.p99Ms),
    ratio: median(({ ratio }) => ratio),
    windows,
  };
}
