// SPDX-License-Identifier: Apache-2.0
import { Interruption } from '@nervus/fault-harness';
import { freePort, Installation } from '@nervus/scripts/mesh';
import type { Findings, Say } from '../command-line.js';
import { layRecordedFolders } from '../folders.js';
import { watchMachine } from '../machine.js';
import { verifyCopy, whatWasFound } from '../verify-copy.js';
import { waitUntil } from '../wait-until.js';
import { effectsAtTargets } from './effects.js';
import { countMesh, type MeshCounts } from './mesh-counts.js';
import { Person } from './person.js';
import { linesOf, takenIn } from './recordings.js';
import { Reviewers } from './reviewers.js';

export interface DemoOptions {
  /** Fresh. */
  readonly dataDir: string;
  readonly database: 'durable' | 'memory';
}

const ports = { broker: 23_092, controller: 23_093, database: 30_117 };
const replicas = { action: 2, approval: 2 } as const;
const persons = ['nora', 'theo'] as const;
const leastSignals = 300;
/** Milliseconds; the machine may be busy with other things. */
const limits = { played: 300_000, settled: 300_000 };

/** Plays the recorded feeds through the whole mesh while two persons decide, then holds what was done to the audit log. */
export async function demo({ dataDir, database }: DemoOptions, say: Say): Promise<Findings> {
  const startedAt = Date.now();
  const machine = watchMachine();
  const interruption = new Interruption();
  const deskPort = await freePort(4580);
  const installation = await Installation.prepare({ dataDir, database, log: say, signal: interruption.signal, ports, anyPort: true, replicas, deskPort, folders: layRecordedFolders(dataDir, deskPort) });
  const { mesh, desk, infrastructure } = installation;
  const services = new Set(mesh.all().map(({ options }) => options.service)).size;
  const reviewers = new Reviewers(persons.map((name) => new Person(name, dataDir)), say);
  let played: Played;
  try {
    played = await interruption.orWork(() => play(installation, reviewers, dataDir, say));
  } finally {
    await reviewers.goHome();
    say('Stopping in order ...');
    await installation.stop(say);
  }

  const { keys, byTarget } = effectsAtTargets(dataDir, desk);
  say('Verifying the copied audit log ...');
  const report = await verifyCopy(dataDir, keys.map((idempotencyKey) => ({ idempotencyKey })));
  const { counts, duplicates } = played;
  const { signals, intelligence, proposals, permittedAutomatically, approvedByPeople, rejectedByPeople, expired, succeeded } = counts;
  const effectsWithoutPermit = report.effects?.withoutPermit ?? keys.length;
  const bars: readonly (readonly [boolean, string])[] = [
    [signals >= leastSignals, `${signals} signals, ${leastSignals} were expected`],
    [services === 7, `${services} of 7 services ran`],
    [approvedByPeople > 0 && rejectedByPeople > 0, `people approved ${approvedByPeople} and rejected ${rejectedByPeople}: both were expected`],
    [new Set(keys).size === keys.length, `${keys.length - new Set(keys).size} effects were made twice`],
    [keys.length === succeeded, `${keys.length} effects stand at the targets, ${succeeded} actions succeeded`],
    [effectsWithoutPermit === 0, `${effectsWithoutPermit} effects were made without a permit in the log`],
    [report.verdict === 'VERIFIED', `the audit log is ${report.verdict}: ${whatWasFound(report).join('; ')}`],
  ];
  return {
    fields: {
      signals, duplicatesDropped: duplicates, intelligence, proposals, permittedAutomatically, approvedByPeople, rejectedByPeople, refusedByPolicy: counts.refusedByPolicy, expired,
      effects: keys.length, effectsByTarget: byTarget, failed: counts.failed, unknown: counts.unknown, effectsWithoutPermit, auditEntries: report.log.size, verdict: report.verdict, found: whatWasFound(report), services,
      processes: mesh.all().length, verdicts: reviewers.verdicts, verdictsNotAccepted: reviewers.refusals,
      database: infrastructure.database, kafka: infrastructure.kafka.version, machine: machine(), seconds: Math.round((Date.now() - startedAt) / 1000),
    },
    missed: bars.filter(([holds]) => !holds).map(([, sentence]) => sentence),
  };
}

interface Played {
  readonly counts: MeshCounts;
  readonly duplicates: number;
}

/** Starts everything and comes back when all recorded items are in and nothing goes on any more. */
async function play(installation: Installation, reviewers: Reviewers, dataDir: string, say: Say): Promise<Played> {
  const { mesh, place, infrastructure } = installation;
  say(`Starting ${mesh.all().length} processes ...`);
  await installation.start(dataDir);
  reviewers.begin();
  const lines = linesOf(place.recordingsFolder);
  say(`Playing ${lines} recorded items ...`);
  const duplicates = await waitUntil('the end of the recordings', limits.played, async () => {
    const taken = await takenIn(mesh);
    return taken.accepted + taken.duplicates >= lines && { dropped: taken.duplicates };
  }, 500);
  say('All items are in. Waiting until every run is over and every proposal is settled ...');
  return { counts: await settled(infrastructure.kafka.brokers), duplicates: duplicates.dropped };
}

/** Waits until nothing goes on any more: every signal has its runs, every run is over, every proposal has its last word. */
async function settled(brokers: readonly string[]): Promise<MeshCounts> {
  let before = '';
  return waitUntil('every proposal settled', limits.settled, async () => {
    const counts = await countMesh(brokers);
    const now = JSON.stringify(counts);
    const still = now === before;
    before = now;
    return still && counts.runs >= counts.signals && counts.openRuns === 0 && counts.unsettled === 0 && counts.openRequests === 0 && counts;
  }, 2000);
}
