// SPDX-License-Identifier: Apache-2.0
// `npm run bench:messaging`: what one hop through the engine costs beside the same hop in the bare client, in the same
// run: records a second, CPU, latency at a stated rate, memory under load, and what services use when nothing happens.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Infrastructure, startInfrastructure } from '@nervus/local-infrastructure';
import { writeBenchmarkDocument } from './benchmark-document.js';
import { HopWorld } from './hop/hop-world.js';
import { measureThroughput } from './hop/throughput.js';
import { MachineWatch, machineOf } from './machine.js';

const parts = ['throughput'] as const;
type Part = (typeof parts)[number];

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' }, json: { type: 'boolean', default: false }, database: { type: 'string', default: 'memory' }, only: { type: 'string', default: parts.join(',') } } });
const seconds = wholeNumber('seconds', values.seconds, 2, 60);
const { database } = values;
if (database !== 'memory' && database !== 'durable') throw new Error(`--database is "${database}": expected memory or durable`);
const wanted = new Set(values.only.split(','));
for (const part of wanted) if (!parts.some((known) => known === part)) throw new Error(`--only names "${part}": expected some of ${parts.join(',')}`);
const measures = (part: Part): boolean => wanted.has(part);
const log = (line: string): void => console.error(line);

const windowsCounted = 3;

const dataDir = mkdtempSync(join(tmpdir(), 'nervus-bench-'));
const infrastructure = await startInfrastructure({ dataDir, database, log });
try {
  const result = await measure(infrastructure);
  if (parts.every(measures)) writeBenchmarkDocument(result);
  console.log(values.json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
  process.exitCode = (result.throughput?.lost ?? 0) === 0 ? 0 : 1;
} finally {
  await infrastructure.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function measure({ kafka, database: databaseInfo }: Infrastructure) {
  const watch = new MachineWatch();
  const world = await HopWorld.open(infrastructure);
  try {
    const throughput = measures('throughput') ? await watch.during(() => measureThroughput(world, seconds, windowsCounted, log)) : undefined;
    return {
      benchmark: 'messaging',
      at: new Date().toISOString(),
      machine: machineOf(kafka.version),
      method: `one engine hop (signed batches verified, decoded and checked, deduplicated, one state write a record, outbox, signed send) beside a bare hop (fetch, JSON parse, stringify, one send, commit); each in a process of its own, in turn, as fast as it can, windows of ${seconds} s after one to warm up; medians of ${windowsCounted}`,
      database: `${databaseInfo.kind} ${databaseInfo.version}, ${databaseInfo.storage}`,
      config: { engine: 'production defaults', partitions: 3, valueBytes: 900 },
      throughput,
      machineDuringWindows: watch.figures(),
    };
  } finally {
    await world.close();
  }
}

function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least || number > most) throw new Error(`--${flag} is "${text}": expected a whole number, ${least} to ${most}`);
  return number;
}
