// SPDX-License-Identifier: Apache-2.0
import { subjectOf } from '@nervus/bench';
import { freePort, Installation } from '@nervus/scripts/mesh';
import type { Findings, Say } from '../command-line.js';
import { layLoadFolders, loadSources } from '../folders.js';
import { Interruption } from '../interruption.js';
import { watchMachine } from '../machine.js';
import { verifyCopy, whatWasFound } from '../verify-copy.js';
import { consequentialShare, type FaultPlan, FaultRun } from './fault-run.js';
import type { Recovery } from './recovery.js';

export interface FaultTestOptions extends FaultPlan {
  readonly database: 'durable' | 'memory';
}

const ports = { broker: 22_092, controller: 22_093, database: 29_117 };
/** How long the desk takes to answer, so that kills also fall between an effect and the word of it. */
const deskAnswersAfterMs = 50;

/** Kills services under load, lets everything settle, and holds the desk and the audit log to what was accepted. */
export async function testFaults(options: FaultTestOptions, say: Say): Promise<Findings> {
  const { dataDir, database } = options;
  const machine = watchMachine();
  const interruption = new Interruption();
  const deskPort = await freePort(4580);
  const installation = await Installation.prepare({
    dataDir, database, log: say, signal: interruption.signal, ports, anyPort: true, deskPort, folders: layLoadFolders(dataDir, deskPort), signedSources: loadSources, subjectOf,
  });
  installation.desk.answerAfterMs = deskAnswersAfterMs;
  const services = new Set(installation.mesh.all().map((member) => member.options.service)).size;
  let run: FaultRun | undefined;
  try {
    say('Starting the services ...');
    await interruption.orWork(() => installation.start(dataDir));
    const running = new FaultRun(installation, options, say);
    run = running;
    await interruption.orWork(() => running.killInTurn());
    await interruption.orWork(() => running.settle());
  } finally {
    run?.close();
    say('Stopping in order ...');
    await installation.stop(say);
  }

  const { desk, infrastructure } = installation;
  const { load, recoveries } = run;
  const effects = desk.effects;
  const { duplicated, redeliveries } = desk.counts();
  say('Verifying the copied audit log ...');
  const report = await verifyCopy(dataDir, effects.map(({ key }) => ({ idempotencyKey: key })));
  const lost = run.lost();
  const bars: readonly (readonly [boolean, string])[] = [
    [services === 7, `${services} of 7 services ran`],
    [recoveries.length === options.kills, `${recoveries.length} of ${options.kills} kills were made`],
    [load.accepted.size >= options.accepted, `${load.accepted.size} events were accepted, ${options.accepted} were asked for`],
    [lost.length === 0, `${lost.length} accepted events had no effect: ${lost.slice(0, 5).join(', ')}`],
    [duplicated === 0, `${duplicated} events had more than one effect`],
    [run.undeclared.length === 0, `killed and not declared dead: ${run.undeclared.join(', ')}`],
    [report.verdict === 'VERIFIED', `the audit log is ${report.verdict}: ${whatWasFound(report).join('; ')}`],
  ];
  return {
    fields: {
      kills: recoveries.length, accepted: load.accepted.size, effects: effects.length, lost: lost.length, duplicatedEffects: duplicated, redeliveries,
      auditVerdict: report.verdict, auditEntries: report.log.size, recoveredGaps: report.recovered.length, found: whatWasFound(report), recoverySeconds: recoverySeconds(recoveries),
      unexpectedEnds: run.supervisor.ends, refusedByStatus: load.refused, database: infrastructure.database, kafka: infrastructure.kafka.version, machine: machine(),
      config: { kills: options.kills, rate: options.rate, consequentialShare, deskAnswersAfterMs, seed: options.seed, services },
    },
    missed: bars.filter(([holds]) => !holds).map(([, sentence]) => sentence),
  };
}

type Seconds = Readonly<Record<'ready' | 'routine' | 'consequential', number>>;

/** By service; the slowest of each where it was killed more than once. */
function recoverySeconds(recoveries: readonly Recovery[]): Record<string, Seconds> {
  const slowest: Record<string, Seconds> = {};
  for (const { service, ready, effects } of recoveries) {
    const before = slowest[service] ?? { ready: 0, routine: 0, consequential: 0 };
    slowest[service] = { ready: Math.max(ready, before.ready), routine: Math.max(effects.routine, before.routine), consequential: Math.max(effects.consequential, before.consequential) };
  }
  return slowest;
}
