// SPDX-License-Identifier: Apache-2.0
// `npm run bench:messaging`: what one hop through the engine costs beside the same hop in the bare client, in the same
// run: records a second, CPU, latency at a stated rate, memory under load, and what services use when nothing happens.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startInfrastructure } from '@nervus/local-infrastructure';
import { openBench } from './bench-installation.js';
import { writeBenchmarkDocument } from './benchmark-document.js';
import { clientNames } from './hop/hop-messages.js';
import { measureLatency } from './hop/hop-latency.js';
import { measureMemory } from './hop/hop-memory.js';
import { HopWorld } from './hop/hop-world.js';
import { measureThroughput } from './hop/throughput.js';
import { idleFigures } from './idle-figures.js';
import { MachineWatch, machineOf } from './machine.js';
import { offer } from './mesh-load.js';

const parts = ['throughput', 'latency', 'memory', 'idle'] as const;
type Part = (typeof parts)[number];

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, minutes: { type: 'string', default: '5' }, json: { type: 'boolean', default: false }, database: { type: 'string', default: 'memory' }, only: { type: 'string', default: parts.join(',') } },
});
const seconds = wholeNumber('seconds', values.seconds, 2, 60);
const minutes = wholeNumber('minutes', values.minutes, 1, 60);
const database = databaseOf(values.database);
const wanted = new Set(values.only.split(','));
for (const part of wanted) if (!parts.some((known) => known === part)) throw new Error(`--only names "${part}": expected some of ${parts.join(',')}`);
const measures = (part: Part): boolean => wanted.has(part);
const log = (line: string): void => console.error(line);

const windowsCounted = 3;
/** Load before the services are left alone: a service that has just started is not what idles for days. */
const idleLoad = { rate: 50, seconds: 20 } as const;
/** What the figures are to reach (docs/operating and the issue that asked for them). */
const bars = { shareOfBareAtLeast: 0.25, p99RatioAtMost: 3, idleCpuPercentAtMost: 1.5 } as const;

const watch = new MachineWatch();
const hops = measures('throughput') || measures('latency') || measures('memory') ? await measureHops() : undefined;
const services = measures('idle') ? await measureIdle() : undefined;
const result = {
  benchmark: 'messaging',
  at: new Date().toISOString(),
  method: `one engine hop (signed batches verified, decoded and checked, deduplicated, one state write a record, outbox, signed send) beside a bare hop (fetch, JSON parse, stringify, one send, commit), each in a process of its own, in turn; as fast as they can for windows of ${seconds} s, then at a stated rate; the first round is to warm up, medians of ${windowsCounted}. Memory for ${minutes} minutes of load; idle after ${idleLoad.seconds} s of load at the edge of the whole mesh`,
  config: { engine: 'production defaults', partitions: 3, valueBytes: 900, seconds, minutes },
  bars,
  ...hops,
  ...services,
  machineDuringWindows: watch.figures(),
};
if (parts.every(measures)) writeBenchmarkDocument(result);
console.log(values.json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
process.exitCode = (hops?.lost ?? 0) === 0 && (hops?.duplicated ?? 0) === 0 ? 0 : 1;

async function measureHops() {
  const dataDir = mkdtempSync(join(tmpdir(), 'nervus-bench-'));
  const infrastructure = await startInfrastructure({ dataDir, database, log });
  try {
    const world = await HopWorld.open(infrastructure);
    try {
      const throughput = measures('throughput') ? await watch.during(() => measureThroughput(world, seconds, windowsCounted, log)) : undefined;
      const latency = measures('latency') ? await watch.during(() => latencyOf(world)) : undefined;
      const memory = measures('memory') ? await measureMemory(world, minutes, log) : undefined;
      return {
        machine: machineOf(infrastructure.kafka.version),
        database: `${infrastructure.database.kind} ${infrastructure.database.version}, ${infrastructure.database.storage}`,
        clients: Object.fromEntries(clientNames.map((name) => [name, { ...throughput?.byClient[name], latency: latency?.[name], memory: memory?.[name] }])),
        lost: throughput?.lost ?? 0,
        duplicated: throughput?.duplicated ?? 0,
      };
    } finally {
      await world.close();
    }
  } finally {
    await infrastructure.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function latencyOf(world: HopWorld) {
  const arrivals = await world.arrivals();
  try {
    return await measureLatency(world, arrivals, seconds, windowsCounted, log);
  } finally {
    await arrivals.close();
  }
}

/** The seven services, the broker and the database, as `npm run bench:mesh` measures them: percent of a core each. */
async function measureIdle() {
  const bench = await openBench({ database, log });
  try {
    await offer(bench, 'routine', idleLoad.rate, idleLoad.seconds, undefined);
    const { cpuPercent, ...idle } = await idleFigures(bench);
    return { idleCpuPercent: cpuPercent, idle };
  } finally {
    await bench.close();
  }
}

function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least || number > most) throw new Error(`--${flag} is "${text}": expected a whole number, ${least} to ${most}`);
  return number;
}

function databaseOf(text: string): 'memory' | 'durable' {
  if (text !== 'memory' && text !== 'durable') throw new Error(`--database is "${text}": expected memory or durable`);
  return text;
}
