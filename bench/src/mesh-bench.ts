// SPDX-License-Identifier: Apache-2.0
// `npm run bench:mesh`: what a run costs and how fast the mesh is, beside a bare pipeline with as many hops in the same
// run. Load enters as signed webhooks at ingestion, the clock stops at the sink; everything is on.
import { parseArgs } from 'node:util';
import { BarePipeline, type BareFigures } from './bare-pipeline.js';
import { type BenchInstallation, openBench } from './bench-installation.js';
import { percentile, rounded } from './latency.js';
import { MachineWatch, machineOf } from './machine.js';
import { cpuByProcess, idleFigures } from './idle-figures.js';
import { keptUp, offer, searchSustained, type Stretch } from './mesh-load.js';
import { writeBenchmarkDocument } from './benchmark-document.js';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' }, json: { type: 'boolean', default: false }, database: { type: 'string', default: 'memory' }, 'events-log': { type: 'string' } } });
const seconds = Number(values.seconds);
if (!Number.isInteger(seconds) || seconds < 5 || seconds > 600) throw new Error(`--seconds is "${values.seconds}": expected whole seconds, 5 to 600`);
if (values.database !== 'memory' && values.database !== 'durable') throw new Error(`--database is "${values.database}": expected memory or durable`);
const eventsLog = values['events-log'];
const log = (line: string): void => console.error(line);

/** Hops of a routine event: ingestion, reasoning, approval, action. */
const hops = 4;
const latencyRate = 50;
const windowsCounted = 3;
/** Seconds of each of three stretches before anything counts: the compilers of nine processes, two of them JVMs, need thousands of runs. */
const warmUpSeconds = 40;
const bareWarmUpSeconds = 15;
/** Milliseconds within which services have cleared the outboxes of the last runs: those writes are of these runs too. */
const clearingMs = 2500;

const bench = await openBench({ database: values.database, log });
try {
  const result = await measure(bench);
  writeBenchmarkDocument(result);
  console.log(values.json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
  process.exitCode = result.lost === 0 && result.duplicated === 0 ? 0 : 1;
} finally {
  await bench.close();
}

async function measure(world: BenchInstallation) {
  const { infrastructure, mesh, desk } = world.installation;
  for (const kind of ['routine', 'consequential', 'routine'] as const) await offer(world, kind, kind === 'routine' ? latencyRate : latencyRate / 2, warmUpSeconds, eventsLog);
  const idle = await idleFigures(world);

  // Mesh and bare pipeline in turn, so that a machine that slows down slows both.
  const windows: { mesh: Stretch; bare: BareFigures; ratioP99: number }[] = [];
  const cpu = new Map<string, number>();
  const watch = new MachineWatch();
  let [runs, writes] = [0, 0];
  for (let n = 0; n < windowsCounted; n++) {
    const [used, writesBefore] = [cpuByProcess(world), await stateWrites(world)];
    const stretch = await watch.during(() => offer(world, 'routine', latencyRate, seconds, eventsLog));
    for (const [name, total] of cpuByProcess(world)) cpu.set(name, (cpu.get(name) ?? 0) + total - (used.get(name) ?? 0));
    await new Promise((resolve) => setTimeout(resolve, clearingMs));
    writes += (await stateWrites(world)) - writesBefore;
    const floor = await bareWindow(infrastructure.kafka.brokers);
    runs += stretch.accepted;
    windows.push({ mesh: stretch, bare: floor, ratioP99: rounded(stretch.p99Ms / floor.p99Ms, 2) });
    log(`window ${n + 1}: mesh p50 ${stretch.p50Ms} p99 ${stretch.p99Ms} ms, bare p50 ${floor.p50Ms} p99 ${floor.p99Ms} ms`);
  }
  const cpuMsPerRun = Object.fromEntries([...cpu].map(([name, used]) => [name, rounded((used * 1000) / runs, 2)]));

  const tier1 = await searchSustained(world, 'routine', [50, 100, 150, 200, 300, 400, 600], seconds, eventsLog, log);
  const tier2 = await searchSustained(world, 'consequential', [20, 40, 60, 80, 120, 180, 250], seconds, eventsLog, log);
  const stretches = [...windows.map((window) => window.mesh), ...tier1, ...tier2];
  const counts = desk.counts();
  const [p50, p99] = [median(windows.map((window) => window.mesh.p50Ms)), median(windows.map((window) => window.mesh.p99Ms))];
  const [bareP50, bareP99] = [median(windows.map((window) => window.bare.p50Ms)), median(windows.map((window) => window.bare.p99Ms))];
  const services = Object.fromEntries(Object.entries(cpuMsPerRun).filter(([name]) => name !== 'broker' && name !== 'database'));
  const servicesCpuMs = rounded(Object.values(services).reduce((sum, ms) => sum + ms, 0), 2);
  const bareCpuMs = median(windows.map((window) => window.bare.cpuMs));
  return {
    benchmark: 'mesh',
    at: new Date().toISOString(),
    machine: machineOf(infrastructure.kafka.version),
    method: `signed webhooks, open loop, ${seconds} s a stretch after ${3 * warmUpSeconds} s of warm-up, latency from send to effect at the sink, medians of ${windowsCounted} windows that alternate with the bare pipeline`,
    database: `${infrastructure.database.kind} ${infrastructure.database.version}, ${infrastructure.database.storage}`,
    config: { replicas: Object.fromEntries(mesh.all().map((member) => [member.options.instance, 1])), services: 'production defaults', partitions: 3, payloadBytes: 700 },
    sustained: sustainedOf(tier1),
    tier2: { sustained: sustainedOf(tier2) },
    latency: { offered: latencyRate, p50Ms: p50, p99Ms: p99 },
    bare: { hops, offered: latencyRate, p50Ms: bareP50, p99Ms: bareP99, cpuMs: bareCpuMs },
    ratios: { p99: rounded(p99 / bareP99, 2), p50: rounded(p50 / bareP50, 2), cpu: rounded(servicesCpuMs / bareCpuMs, 2) },
    windows: windows.map(({ mesh: stretch, bare: floor, ratioP99 }) => ({ p50Ms: stretch.p50Ms, p99Ms: stretch.p99Ms, bareP50Ms: floor.p50Ms, bareP99Ms: floor.p99Ms, ratioP99 })),
    cpuMsPerRun: { ...cpuMsPerRun, servicesTogether: servicesCpuMs },
    stateWritesPerRun: rounded(writes / runs, 2),
    idle,
    lost: stretches.reduce((sum, stretch) => sum + stretch.lost, 0),
    duplicated: counts.duplicated,
    redeliveries: counts.redeliveries,
    machineDuringWindows: watch.figures(),
    tried: { tier1, tier2 },
  };
}

/** The bare pipeline runs only for its own windows: unmended, each of its processes burns a twentieth of a core while it waits. */
async function bareWindow(brokers: readonly string[]): Promise<BareFigures> {
  const bare = await BarePipeline.start(brokers, hops);
  try {
    await bare.run(latencyRate, bareWarmUpSeconds);
    return await bare.run(latencyRate, seconds);
  } finally {
    await bare.stop();
  }
}

/** The highest rate that was kept up with; the lowest tried, marked so, when none was. */
function sustainedOf(tried: readonly Stretch[]) {
  const best = tried.findLast(keptUp);
  const stretch = best ?? tried[0]!;
  return { keptUp: best !== undefined, offered: stretch.offered, achieved: stretch.achieved, lagStart: stretch.lagStart, lagEnd: stretch.lagEnd, p50Ms: stretch.p50Ms, p99Ms: stretch.p99Ms };
}

function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

/** Documents written so far by all services, clearing of outboxes included. */
async function stateWrites(world: BenchInstallation): Promise<number> {
  let sum = 0;
  for (const member of world.installation.mesh.all()) {
    const text = await (await fetch(`http://127.0.0.1:${member.options.managementPort}/metrics`)).text();
    for (const [, value] of text.matchAll(/^nervus_state_(?:writes|clears)_total\{[^}]*\} (\d+)/gm)) sum += Number(value);
  }
  return sum;
}
