// SPDX-License-Identifier: Apache-2.0
import { subjectOf } from '@nervus/bench';
import type { ServiceName } from '@nervus/contracts';
import { freePort, Installation } from '@nervus/scripts/mesh';
import type { Findings, Say } from '../command-line.js';
import { layLoadFolders, loadSources, webhookKey } from '../load-folders.js';
import { watchMachine } from '../machine.js';
import { undeclaredDead } from '../past-processes.js';
import { verifyCopy, whatWasFound } from '../verify-copy.js';
import { waitUntil } from '../wait-until.js';
import { killOrder } from './kill-order.js';
import { killAndRecover, type Recovery } from './recovery.js';
import { SteadyLoad } from './steady-load.js';
import { Supervisor } from './supervisor.js';

export interface FaultTestOptions {
  readonly dataDir: string;
  readonly kills: number;
  /** New events a second; every fourth is consequential. */
  readonly rate: number;
  /** Events that must have been accepted at the end. */
  readonly accepted: number;
  readonly seed: number;
  readonly database: 'durable' | 'memory';
}

/** Milliseconds; the machine may be busy with other things. */
const limits = { recovery: 180_000, acknowledged: 120_000, drained: 300_000, declaredDead: 240_000 };
const consequentialShare = 0.25;
const ports = { broker: 22_092, controller: 22_093, database: 29_117 };

/** Kills services under load, lets everything settle, and holds the desk and the audit log to what was accepted. */
export async function testFaults(options: FaultTestOptions, say: Say): Promise<Findings> {
  const { dataDir, rate, seed } = options;
  const machine = watchMachine();
  const deskPort = await freePort(4580);
  const folders = layLoadFolders(dataDir, deskPort);
  const installation = await Installation.prepare({ dataDir, database: options.database, log: say, ports, deskPort, folders, signedSources: loadSources, subjectOf });
  let recoveries: Recovery[];
  let load: SteadyLoad | undefined;
  let supervisor: Supervisor | undefined;
  try {
    say('Starting the services ...');
    await installation.start(dataDir);
    supervisor = new Supervisor(installation.mesh);
    const consequential = Math.max(1, Math.round(rate * consequentialShare));
    const { secretsFolder } = installation.place;
    load = SteadyLoad.begin({
      target: installation.mesh.urlOf('ingestion').replace('localhost', '127.0.0.1'), name: `fault-${seed}`, rates: { routine: rate - consequential, consequential },
      secrets: { routine: webhookKey(secretsFolder, 'routine'), consequential: webhookKey(secretsFolder, 'consequential') },
    });
    recoveries = await killInTurn(options, installation, load, supervisor, say);
    await settle(installation, load, say);
  } finally {
    await load?.end(0).catch(() => undefined);
    supervisor?.close();
    say('Stopping in order ...');
    await installation.stop(say);
  }

  const { desk } = installation;
  const effects = desk.effects;
  const lost = [...load.accepted].filter((subject) => !desk.has(subject));
  say('Verifying the copied audit log ...');
  const report = await verifyCopy(dataDir, effects.map(({ key }) => ({ idempotencyKey: key })));
  const { duplicated, redeliveries } = desk.counts();
  const bars: readonly (readonly [boolean, string])[] = [
    [recoveries.length === options.kills, `${recoveries.length} of ${options.kills} kills were made`],
    [load.accepted.size >= options.accepted, `${load.accepted.size} events were accepted, ${options.accepted} were asked for`],
    [lost.length === 0, `${lost.length} accepted events had no effect: ${lost.slice(0, 5).join(', ')}`],
    [duplicated === 0, `${duplicated} events had more than one effect`],
    [report.verdict === 'VERIFIED', `the audit log is ${report.verdict}: ${whatWasFound(report).join('; ')}`],
  ];
  return {
    fields: {
      kills: recoveries.length, accepted: load.accepted.size, effects: effects.length, lost: lost.length, duplicatedEffects: duplicated, redeliveries,
      auditVerdict: report.verdict, auditEntries: report.log.size, recoveredGaps: report.recovered.length, found: whatWasFound(report),
      recoverySeconds: Object.fromEntries(recoveries.map(({ service, ready, effects }) => [service, { ready, ...effects }])),
      unexpectedEnds: supervisor.ends, refusedByStatus: load.refused,
      database: installation.infrastructure.database, kafka: installation.infrastructure.kafka.version, machine: machine(),
      config: { kills: options.kills, rate, consequentialShare, seed, services: new Set(recoveries.map(({ service }) => service)).size },
    },
    missed: bars.filter(([holds]) => !holds).map(([, sentence]) => sentence),
  };
}

/** One kill after the other, each when the one before is overcome; the load goes on until enough was accepted. */
async function killInTurn({ kills, seed, accepted }: FaultTestOptions, { mesh, desk }: Installation, load: SteadyLoad, supervisor: Supervisor, say: Say): Promise<Recovery[]> {
  const recoveries: Recovery[] = [];
  await waitUntil('the first effects', limits.recovery, () => loadSources.every((source) => desk.effects.some(({ subject }) => load.events.get(subject)?.source === source)));
  for (const { victim, afterMs } of killOrder(mesh.all(), kills, seed)) {
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    say(`kill -9 ${victim.options.instance} (${load.accepted.size} accepted, ${desk.subjects} with their effect)`);
    const recovery = await supervisor.leave(victim, () => killAndRecover(mesh, victim, load, desk, limits.recovery));
    recoveries.push(recovery);
    say(`  ready after ${recovery.ready} s; routine effects after ${recovery.effects.routine} s, consequential after ${recovery.effects.consequential} s`);
  }
  const rest = Math.ceil((Math.max(0, accepted - load.accepted.size) / Math.max(1, load.accepted.size)) * 600_000) + limits.acknowledged;
  await waitUntil(`${accepted} accepted events`, rest, () => load.accepted.size >= accepted);
  return recoveries;
}

/** Ends the load and waits until every accepted event had its effect and every killed process is declared dead. */
async function settle({ mesh, desk, infrastructure }: Installation, load: SteadyLoad, say: Say): Promise<void> {
  await load.end(limits.acknowledged);
  say(`The load has ended: ${load.accepted.size} accepted, ${desk.subjects} with their effect; waiting for the rest ...`);
  const missing = (): number => [...load.accepted].filter((subject) => !desk.has(subject)).length;
  await waitUntil('every effect at the desk', limits.drained, () => missing() === 0).catch(() => say(`${missing()} accepted events still have no effect`));
  say('Waiting until every killed process is declared dead ...');
  const running = new Map<ServiceName, number>();
  for (const { options } of mesh.all()) running.set(options.service as ServiceName, (running.get(options.service as ServiceName) ?? 0) + 1);
  await waitUntil('heartbeats that name every killed process', limits.declaredDead, async () => (await undeclaredDead(infrastructure.kafka.brokers, running)).length === 0, 2000).catch((error: unknown) => say(String(error)));
}
