// SPDX-License-Identifier: Apache-2.0
import { subjectOf } from '@nervus/bench';
import { ownTopics, physicalName, services as allServices } from '@nervus/contracts';
import { freePort, Installation } from '@nervus/scripts/mesh';
import type { Findings, Say } from '../command-line.js';
import { layLoadFolders, loadSources } from '../folders.js';
import { Interruption } from '@nervus/fault-harness';
import { watchMachine } from '../machine.js';
import { readTopics } from '../topic-reader.js';
import { verifyCopy, whatWasFound } from '../verify-copy.js';
import { absences, type AbsencesFigures, type AbsencesOptions } from './absences.js';
import type { LoadEvent } from '../steady-load.js';
import { disturbNeighbours, type NeighbourFigures, type NeighbourOptions, othersOf } from './neighbours.js';
import { layNoiseMakers, nameNoiseTargets, noiseMakers } from './noise-agents.js';
import { NoiseTargets } from './noise-targets.js';
import { scaleAction, type ScalingFigures } from './scaling.js';
import { UnexpectedEnds } from './unexpected-ends.js';

export const parts = ['services', 'neighbours', 'scaling'] as const;
export type Part = (typeof parts)[number];

export interface IndependenceOptions extends AbsencesOptions, NeighbourOptions {
  readonly database: 'durable' | 'memory';
  readonly parts: readonly Part[];
}

/** The other agents' p99 with noise may be so many times that without. */
const noisyNeighbourAllowed = 1.2;
const ports = { broker: 23_092, controller: 23_093, database: 30_117 };

interface Figures {
  readonly away: AbsencesFigures | undefined;
  readonly neighbours: NeighbourFigures | undefined;
  readonly scaling: ScalingFigures | undefined;
  readonly refusedRecords: number;
  readonly ends: UnexpectedEnds;
}

/** How far the parts of a mesh depend on each other: services that go away, agents that misbehave, processes that come and go. */
export async function testIndependence(options: IndependenceOptions, say: Say): Promise<Findings> {
  const { dataDir, database } = options;
  const machine = watchMachine();
  const interruption = new Interruption();
  const deskPort = await freePort(4580);
  const folders = layLoadFolders(dataDir, deskPort);
  layNoiseMakers(folders);
  const targets = await NoiseTargets.listen();
  const installation = await Installation.prepare({ dataDir, database, log: say, signal: interruption.signal, ports, anyPort: true, deskPort, folders, signedSources: [...loadSources, ...noiseMakers], subjectOf });
  nameNoiseTargets(installation.place, targets.ports);
  let figures: Figures;
  try {
    say('Starting the services ...');
    await interruption.orWork(() => installation.start(dataDir));
    figures = await interruption.orWork(() => allParts(installation, targets, options, say));
  } finally {
    say('Stopping in order ...');
    await installation.stop(say);
    await targets.close();
  }
  return findingsOf(figures, installation, options, say, machine);
}

async function allParts(installation: Installation, targets: NoiseTargets, options: IndependenceOptions, say: Say): Promise<Figures> {
  const ends = new UnexpectedEnds();
  ends.watch(...installation.mesh.all());
  try {
    const wanted = (part: Part): boolean => options.parts.includes(part);
    const away = wanted('services') ? await absences(installation, ends, options, say) : undefined;
    const neighbours = wanted('neighbours') ? await disturbNeighbours(installation, targets, options, say) : undefined;
    const scaling = wanted('scaling') ? await scaleAction(installation, ends, say) : undefined;
    const refusing = allServices.flatMap((service) => [ownTopics(service).deadLetters, ownTopics(service).quarantine].map((topic) => physicalName(topic, '')));
    return { away, neighbours, scaling, ends, refusedRecords: (await readTopics(installation.infrastructure.kafka.brokers, refusing)).length };
  } finally {
    ends.close();
  }
}

async function findingsOf({ away, neighbours, scaling, refusedRecords, ends }: Figures, { desk, infrastructure }: Installation, options: IndependenceOptions, say: Say, machine: () => unknown): Promise<Findings> {
  const accepted: LoadEvent[] = [...(away?.load.accepted ?? []), ...(neighbours?.loads.flatMap(othersOf) ?? []), ...(scaling?.load.accepted ?? [])];
  const lost = accepted.filter(({ subject }) => !desk.has(subject));
  const { duplicated, redeliveries } = desk.counts();
  say('Verifying the copied audit log ...');
  const report = await verifyCopy(options.dataDir, desk.effects.map(({ key }) => ({ idempotencyKey: key })));
  const unanswered = away?.orders.filter(({ answer }) => answer !== 'accepted') ?? [];
  const idle = scaling ? 3 - Object.values(scaling.takenInByProcess).filter((count) => count > 0).length : 0;
  const bars: readonly (readonly [boolean, string])[] = [
    ...Object.entries(away?.rows ?? {}).map(([service, { equal, differences }]) => [equal, `${service} away: ${differences.join('; ')}`] as const),
    [neighbours === undefined || neighbours.ratio <= noisyNeighbourAllowed, `noise moved the other agents' p99 to ${neighbours?.ratio} times what it is without (${noisyNeighbourAllowed} allowed)`],
    [idle === 0, `${idle} of three processes of action took nothing in`],
    [lost.length === 0, `${lost.length} accepted events had no effect: ${lost.slice(0, 5).map(({ subject }) => subject).join(', ')}`],
    [duplicated === 0, `${duplicated} events had more than one effect`],
    [unanswered.length === 0, `${unanswered.length} orders were not accepted: ${JSON.stringify(unanswered.slice(0, 3))}`],
    [refusedRecords === 0, `${refusedRecords} records were dead-lettered or quarantined`],
    [ends.seen.length === 0, `processes ended by themselves: ${JSON.stringify(ends.seen)}`],
    [report.verdict === 'VERIFIED', `the audit log is ${report.verdict}: ${whatWasFound(report).join('; ')}`],
  ];
  const { loads, ...noise } = neighbours ?? { loads: [], ratio: undefined };
  return {
    fields: {
      ...(away && { services: away.rows, orders: away.orders.length }),
      ...(neighbours && { noisyNeighbourRatio: neighbours.ratio, noisyNeighbour: noise }),
      ...(scaling && { scaling: { service: 'action', steps: scaling.steps, takenInByProcess: scaling.takenInByProcess, accepted: scaling.load.accepted.length, lost: scaling.load.accepted.filter(({ subject }) => !desk.has(subject)).length } }),
      accepted: accepted.length, effects: desk.effects.length, lost: lost.length, duplicatedEffects: duplicated, redeliveries, deadLettersAndQuarantined: refusedRecords,
      auditVerdict: report.verdict, auditEntries: report.log.size, found: whatWasFound(report), unexpectedEnds: ends.seen,
      refusedByStatus: sums([away?.load, ...loads, scaling?.load].flatMap((load) => (load ? Object.entries(load.refused) : []))),
      database: infrastructure.database, kafka: infrastructure.kafka.version, machine: machine(),
      config: { awaySeconds: options.awayMs / 1000, signal: options.signal, rate: options.rate, noisyNeighbourAllowed },
    },
    missed: bars.filter(([holds]) => !holds).map(([, sentence]) => sentence),
  };
}

function sums(counts: readonly (readonly [name: string, count: number])[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const [name, count] of counts) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
