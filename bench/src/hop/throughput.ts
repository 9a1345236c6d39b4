// SPDX-License-Identifier: Apache-2.0
import type { ServerName } from '@nervus/local-infrastructure';
import { percentile, rounded } from '../latency.js';
import { cpuSeconds } from '../process-cpu.js';
import type { ClientName } from './hop-messages.js';
import type { Hop, HopWorld } from './hop-world.js';

/** One window of one hop, reading as fast as it can. CPU is in milliseconds for each record. */
export interface HopWindow {
  readonly recordsPerSecond: number;
  readonly cpuMsPerRecord: number;
  readonly brokerCpuMsPerRecord: number;
  readonly databaseCpuMsPerRecord: number;
}

/** What one client does, behind the engine and bare. */
export interface ClientThroughput extends HopWindow {
  readonly bare: HopWindow;
  /** Engine hop on this client by bare hop on this client: median of the rounds, in each of which both ran. */
  readonly shareOfBare: number;
  readonly spread: { readonly recordsPerSecond: readonly [number, number]; readonly bareRecordsPerSecond: readonly [number, number]; readonly shareOfBare: readonly [number, number] };
  readonly windows: readonly { readonly engine: HopWindow; readonly bare: HopWindow }[];
}

export interface ThroughputFigures {
  readonly byClient: Readonly<Record<ClientName, ClientThroughput>>;
  /** Records that were read and not written, and that were written twice, over all windows. */
  readonly lost: number;
  readonly duplicated: number;
}

/** Records written for each second of a window: about what the fastest hop gets through here. A window ends with its input at the latest. */
const signedPerSecond = 10_000;
const barePerSecond = 40_000;

/** Windows in turn, so that a machine that slows down slows all hops; the first round of each is for the compilers. */
export async function measureThroughput(world: HopWorld, seconds: number, rounds: number, log: (line: string) => void): Promise<ThroughputFigures> {
  const { load } = world;
  const inputs = { engine: signedPerSecond * seconds, bare: barePerSecond * seconds };
  log(`writing ${inputs.engine} signed and ${inputs.bare} bare records`);
  await load.fill(inputs.engine, 'a', (subjects) => load.sendSigned(subjects));
  await load.fill(inputs.bare, 'a', (subjects) => load.sendBare(subjects));
  const counts = { lost: 0, duplicated: 0 };
  const windows = new Map<ClientName, { engine: HopWindow; bare: HopWindow }[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const pair of world.pairs) {
      const window = { engine: await windowOf(world, pair.engine, seconds, inputs.engine, counts), bare: await windowOf(world, pair.bare, seconds, inputs.bare, counts) };
      if (round > 0) windows.set(pair.client, [...(windows.get(pair.client) ?? []), window]);
      log(`${round === 0 ? 'warm-up' : `round ${round}`}, ${pair.client}: engine ${window.engine.recordsPerSecond}/s, ${window.engine.cpuMsPerRecord} ms CPU a record; bare ${window.bare.recordsPerSecond}/s, ${window.bare.cpuMsPerRecord} ms`);
    }
  }
  return { byClient: Object.fromEntries(world.pairs.map(({ client }) => [client, summaryOf(windows.get(client)!)])) as ThroughputFigures['byClient'], ...counts };
}

async function windowOf(world: HopWorld, { process, topics }: Hop, seconds: number, expected: number, counts: { lost: number; duplicated: number }): Promise<HopWindow> {
  const name = world.nextRun();
  const before = await world.load.count(topics.output);
  await process.begin({ name, from: 'beginning', measureMs: seconds * 1000, expected });
  await process.began();
  const servers = serverCpu(world);
  const { records, seconds: took, cpuSeconds: used } = await process.measured();
  const after = serverCpu(world);
  const acknowledged = await process.stop();
  const written = (await world.load.count(topics.output)) - before;
  counts.lost += Math.max(0, acknowledged - written);
  counts.duplicated += Math.max(0, written - acknowledged);
  await world.forget(name);
  const perRecord = (cpu: number): number => rounded((cpu * 1000) / records, 4);
  const ofServer = (server: ServerName): number => perRecord((after.get(server) ?? 0) - (servers.get(server) ?? 0));
  return { recordsPerSecond: rounded(records / took, 0), cpuMsPerRecord: perRecord(used), brokerCpuMsPerRecord: ofServer('broker'), databaseCpuMsPerRecord: ofServer('database') };
}

const serverCpu = ({ infrastructure }: HopWorld): ReadonlyMap<ServerName, number> => new Map(infrastructure.processes.map(({ name, pid }) => [name, cpuSeconds(pid) ?? 0]));

function summaryOf(windows: readonly { engine: HopWindow; bare: HopWindow }[]): ClientThroughput {
  const shares = windows.map(({ engine, bare }) => rounded(engine.recordsPerSecond / bare.recordsPerSecond, 3));
  const [engine, bare] = [windows.map((window) => window.engine), windows.map((window) => window.bare)];
  return {
    ...medianOf(engine),
    bare: medianOf(bare),
    shareOfBare: percentile(shares, 0.5),
    spread: { recordsPerSecond: rangeOf(engine.map((window) => window.recordsPerSecond)), bareRecordsPerSecond: rangeOf(bare.map((window) => window.recordsPerSecond)), shareOfBare: rangeOf(shares) },
    windows,
  };
}

function medianOf(windows: readonly HopWindow[]): HopWindow {
  const median = (of: (window: HopWindow) => number): number => percentile(windows.map(of), 0.5);
  return {
    recordsPerSecond: median((window) => window.recordsPerSecond),
    cpuMsPerRecord: median((window) => window.cpuMsPerRecord),
    brokerCpuMsPerRecord: median((window) => window.brokerCpuMsPerRecord),
    databaseCpuMsPerRecord: median((window) => window.databaseCpuMsPerRecord),
  };
}

const rangeOf = (samples: readonly number[]): readonly [number, number] => [Math.min(...samples), Math.max(...samples)];
