// SPDX-License-Identifier: Apache-2.0
import { percentile, rounded, subjectOf } from '@nervus/bench';
import { ownTopics, physicalName, type ServiceName, services as allServices, type TopicDeclaration, topics } from '@nervus/contracts';
import { freePort, Installation } from '@nervus/scripts/mesh';
import type { Findings, Say } from '../command-line.js';
import { layLoadFolders, loadSources } from '../folders.js';
import { loadStreams, SteadyLoad } from '../steady-load.js';
import { inOrder } from '../independence/observations.js';
import { UnexpectedEnds } from '../independence/unexpected-ends.js';
import { Interruption } from '@nervus/fault-harness';
import { watchMachine } from '../machine.js';
import { verifyCopy, whatWasFound } from '../verify-copy.js';
import { waitUntil } from '../wait-until.js';
import { appendTimes } from './append-times.js';
import { HandlingWatch } from './handling-watch.js';
import { longestPause } from './pauses.js';
import { replaceService, type Replacement } from './replace-service.js';

export type ClientName = 'kafkajs' | 'platformatic';

export interface RollingOptions {
  readonly dataDir: string;
  readonly database: 'durable' | 'memory';
  /** New routine events a second. */
  readonly rate: number;
  readonly client: ClientName;
}

const ports = { broker: 24_092, controller: 24_093, database: 31_117 };
/** Consequential events a second beside the routine ones, so that identity and audit have something to answer. */
const consequentialRate = 4;
/** A cold mesh is not fit for the whole rate: it begins with a part of it. */
const warmUp = [{ pace: 0.2, ms: 15_000 }, { pace: 0.5, ms: 15_000 }, { pace: 1, ms: 15_000 }] as const;
/** How long the load runs before and after a replacement, as part of what is looked at. */
const marginMs = 5_000;
const limits = { level: 180_000, acknowledged: 120_000, drained: 240_000 };

/** Longest pause in handling while a process is replaced, in seconds. */
export const longestPauseAllowed: Readonly<Record<ClientName, number>> = { kafkajs: 3, platformatic: 1 };

/** What a service writes for each event, by which it is seen whether it handles anything. console writes nothing. */
const outputs: Readonly<Partial<Record<ServiceName, TopicDeclaration>>> = {
  ingestion: topics.ingestion.signals, reasoning: topics.reasoning.proposals, approval: topics.approval.decisions, action: topics.action.outcomes, identity: topics.identity.credentials, audit: topics.audit.receipts,
};

interface Rolled {
  readonly replacements: readonly Replacement[];
  readonly consoleTimes: readonly number[];
  readonly load: SteadyLoad;
  readonly ends: UnexpectedEnds;
  readonly appended: Awaited<ReturnType<typeof appendTimes>>;
  readonly refusedRecords: number;
}

/** Replaces the process of every service in turn under load; nothing may be lost or done twice, and nothing may stand still for long. */
export async function testRolling(options: RollingOptions, say: Say): Promise<Findings> {
  const { dataDir, database, client, rate } = options;
  const machine = watchMachine();
  const interruption = new Interruption();
  const deskPort = await freePort(4580);
  const installation = await Installation.prepare({
    dataDir, database, log: say, signal: interruption.signal, ports, anyPort: true, deskPort, folders: layLoadFolders(dataDir, deskPort), signedSources: loadSources, subjectOf,
    ...(client === 'kafkajs' ? {} : { environment: { all: { KAFKA_CLIENT: client } } }),
  });
  let rolled: Rolled;
  try {
    say('Starting the services ...');
    await interruption.orWork(() => installation.start(dataDir));
    rolled = await interruption.orWork(() => roll(installation, options, say));
  } finally {
    say('Stopping in order ...');
    await installation.stop(say);
  }

  const { load, ends, replacements, refusedRecords } = rolled;
  const { desk, infrastructure } = installation;
  const accepted = load.accepted;
  const lost = accepted.filter(({ subject }) => !desk.has(subject));
  const { duplicated, redeliveries } = desk.counts();
  say('Verifying the copied audit log ...');
  const report = await verifyCopy(dataDir, desk.effects.map(({ key }) => ({ idempotencyKey: key })));
  const steps = Object.fromEntries(replacements.map((replacement) => [replacement.service, stepOf(replacement, installation, rolled)]));
  const allowed = longestPauseAllowed[client];
  const bars: readonly (readonly [boolean, string])[] = [
    ...Object.entries(steps).map(([service, { longestPauseSeconds, exitStatus, ...rest }]) => [longestPauseSeconds <= allowed && exitStatus === 0, `${service}: a pause of ${longestPauseSeconds} s (${allowed} allowed), exit status ${exitStatus}: ${JSON.stringify(rest)}`] as const),
    [lost.length === 0, `${lost.length} accepted events had no effect: ${lost.slice(0, 5).map(({ subject }) => subject).join(', ')}`],
    [duplicated === 0, `${duplicated} events had more than one effect`],
    [refusedRecords === 0, `${refusedRecords} records were dead-lettered or quarantined`],
    [ends.seen.length === 0, `processes ended by themselves: ${JSON.stringify(ends.seen)}`],
    [report.verdict === 'VERIFIED', `the audit log is ${report.verdict}: ${whatWasFound(report).join('; ')}`],
  ];
  return {
    fields: {
      rate, services: steps, accepted: accepted.length, effects: desk.effects.length, lost: lost.length, duplicatedEffects: duplicated, redeliveries, deadLettersAndQuarantined: refusedRecords,
      auditVerdict: report.verdict, auditEntries: report.log.size, found: whatWasFound(report), unexpectedEnds: ends.seen, refusedByStatus: load.refused, client, database: infrastructure.database, kafka: infrastructure.kafka.version, machine: machine(),
      config: { consequentialRate, longestPauseAllowed: allowed, notes: { audit: 'its log has one writer: the old process stops before the new one starts, and the pause of audit itself is stated, not limited' } },
    },
    missed: bars.filter(([holds]) => !holds).map(([, sentence]) => sentence),
  };
}

/** The load, and one replacement after the other. */
async function roll(installation: Installation, { rate }: RollingOptions, say: Say): Promise<Rolled> {
  const { mesh, place, desk, infrastructure } = installation;
  const rates = { routine: rate, consequential: consequentialRate };
  const load = new SteadyLoad(mesh.urlOf('ingestion').replace('localhost', '127.0.0.1'), 'rolling', loadStreams(place.secretsFolder, rates));
  const consoleWatch = new HandlingWatch(mesh, 'console');
  const ends = new UnexpectedEnds();
  ends.watch(...mesh.all());
  const replacements: Replacement[] = [];
  // What is on its way is less than two seconds' worth: the mesh keeps up.
  const level = (): Promise<unknown> => waitUntil('a mesh that keeps up with the load', limits.level, () => load.events.size - desk.subjects < 2 * rate, 500);
  try {
    for (const { pace, ms } of warmUp) {
      load.pace = pace;
      await wait(ms);
    }
    for (const service of inOrder) {
      await level();
      await wait(marginMs);
      say(`${service} is replaced (${load.accepted.length} accepted, ${desk.subjects} with their effect) ...`);
      const replacement = await replaceService(service, mesh, load, ends);
      replacements.push(replacement);
      await wait(marginMs);
      say(`  ${replacement.order}: ready after ${replacement.startSeconds} s, the old one gone after ${replacement.drainSeconds} s; longest pause at the desk ${longestPause(desk.effects.map(({ at }) => at), windowOf(replacement))} s`);
    }
    await load.end(limits.acknowledged);
    say(`The load has ended: ${load.accepted.length} accepted, ${desk.subjects} with their effect; waiting for the rest ...`);
    await waitUntil('an effect of every accepted event', limits.drained, () => load.accepted.every(({ subject }) => desk.has(subject))).catch((error: unknown) => say(String(error)));
    const refused = allServices.flatMap((service) => [ownTopics(service).deadLetters, ownTopics(service).quarantine].map((topic) => physicalName(topic, '')));
    const appended = await appendTimes(infrastructure.kafka.brokers, [...Object.values(outputs).map((topic) => physicalName(topic, '')), ...refused]);
    const refusedRecords = refused.reduce((sum, topic) => sum + [...(appended.get(topic)?.values() ?? [])].reduce((records, times) => records + times.length, 0), 0);
    return { replacements, consoleTimes: consoleWatch.times, load, ends, appended, refusedRecords };
  } finally {
    load.stop();
    consoleWatch.close();
    ends.close();
  }
}

const windowOf = ({ from, to }: Replacement): { readonly from: number; readonly to: number } => ({ from, to: to + marginMs });

/** What one replacement did to the flow. */
function stepOf(replacement: Replacement, { desk }: Installation, { appended, consoleTimes, load }: Rolled) {
  const { service, order, startSeconds, drainSeconds, exitStatus } = replacement;
  const window = windowOf(replacement);
  const topic = outputs[service];
  const own = topic ? [...(appended.get(physicalName(topic, ''))?.values() ?? [])] : [consoleTimes];
  const deskPauseSeconds = longestPause(desk.effects.map(({ at }) => at), window);
  const ownPauseSeconds = longestPause(own.flat(), window);
  const latencies = latenciesOf(load, desk.effects, window);
  return {
    order, startSeconds, drainSeconds, exitStatus,
    longestPauseSeconds: order === 'old first' ? deskPauseSeconds : Math.max(deskPauseSeconds, ownPauseSeconds),
    deskPauseSeconds, ownPauseSeconds, ownPauseSeenIn: topic?.name ?? 'records taken in, looked at every 0.25 s',
    slowestPartitionPauseSeconds: Math.max(...own.map((times) => longestPause(times, window))),
    eventToEffectSeconds: { p50: rounded(percentile(latencies, 0.5) / 1000, 2), p99: rounded(percentile(latencies, 0.99) / 1000, 2), longest: rounded(Math.max(0, ...latencies) / 1000, 2) },
  };
}

/** From the sending that was acknowledged to the effect, of routine events sent in a window, in milliseconds. */
function latenciesOf(load: SteadyLoad, effects: Installation['desk']['effects'], { from, to }: { readonly from: number; readonly to: number }): number[] {
  const at = new Map(effects.map((effect) => [effect.subject, effect.at]));
  return load.accepted.filter(({ source, sentAt }) => source === 'routine' && sentAt >= from && sentAt <= to).flatMap(({ subject, sentAt }) => (at.has(subject) ? [at.get(subject)! - sentAt] : []));
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
