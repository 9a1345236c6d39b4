// SPDX-License-Identifier: Apache-2.0
import type { Findings } from '../command-line.js';
import type { MachineFigures } from '../machine.js';
import { whatWasFound } from '../verify-copy.js';
import { deskAnswersAfterMs } from './fault-mesh.js';
import type { FaultTestOptions } from './fault-test.js';
import type { GroundFigures } from './ground-run.js';
import { consequentialShare, type ScenarioFigures } from './scenario-run.js';

const shownNames = 5;

/** Scenarios that were not carried out, with the reason: because the machine does not allow it, or because it went wrong. */
export interface NotCarriedOut {
  readonly skipped: ReadonlyMap<string, string>;
  readonly failed: ReadonlyMap<string, string>;
}

/** Everything that was found, by scenario and in sum, and which bars are missed. */
export function faultFindings(options: FaultTestOptions, chosen: readonly string[], grounds: readonly GroundFigures[], { skipped, failed }: NotCarriedOut, machine: MachineFigures): Findings {
  const all = grounds.flatMap((ground) => [...ground.scenarios].map(([name, figures]) => ({ name, figures, ground })));
  const sum = (of: (figures: ScenarioFigures) => number): number => all.reduce((total, { figures }) => total + of(figures), 0);
  const verified = grounds.length > 0 && grounds.every(({ report }) => report.verdict === 'VERIFIED');
  const unverified = grounds.find(({ report }) => report.verdict !== 'VERIFIED');
  const scenarios = all.map(({ name, figures: { lost, duplicated, failure, ...rest }, ground: { report } }) => [
    name,
    { ...rest, lost: lost.length, duplicatedEffects: duplicated.length, auditVerdict: report.verdict, ...(failure !== undefined && { failure }) },
  ]);
  const [first] = grounds;
  return {
    fields: {
      kills: all.find(({ name }) => name === 'kills')?.figures.disturbances ?? 0, scenarios: Object.fromEntries(scenarios),
      accepted: sum(({ accepted }) => accepted), effects: sum(({ effects }) => effects), lost: sum(({ lost }) => lost.length), duplicatedEffects: sum(({ duplicated }) => duplicated.length),
      redeliveries: sum(({ redeliveries }) => redeliveries), deadLettered: sum(({ deadLettered }) => deadLettered), quarantined: sum(({ quarantined }) => quarantined),
      auditVerdict: verified ? 'VERIFIED' : (unverified?.report.verdict ?? 'NOTHING TO VERIFY'), auditEntries: grounds.reduce((total, { report }) => total + report.log.size, 0),
      recoveredGaps: grounds.reduce((total, { report }) => total + report.recovered.length, 0), skipped: Object.fromEntries(skipped),
      found: grounds.flatMap(({ ground, report }) => whatWasFound(report).map((sentence) => `${ground}: ${sentence}`)),
      seed: options.seed, machine, database: first?.database, kafka: first?.kafka,
      config: { kills: options.kills, rate: options.rate, consequentialShare, deskAnswersAfterMs, scenario: chosen, services: first?.services ?? 0 },
    },
    missed: [
      ...[...failed].map(([name, why]) => `${name} could not be carried out: ${why.split('\n')[0]}`),
      ...(all.length + skipped.size + failed.size < chosen.length || grounds.length === 0 ? [`${all.length} of ${chosen.length} scenarios were carried out`] : []),
      ...all.flatMap(({ name, figures }) => missedBy(name, figures)),
      ...grounds.flatMap(missedOn),
      ...killsMissed(options, all.find(({ name }) => name === 'kills')?.figures),
    ],
  };
}

function missedBy(name: string, { failure, lost, duplicated, disturbances }: ScenarioFigures): string[] {
  return broken([
    [failure === undefined, `${name} was given up: ${failure}`],
    [disturbances > 0 || name === 'kills', `${name}: nothing was disturbed and overcome`],
    [lost.length === 0, `${name}: ${lost.length} accepted events had no effect: ${lost.slice(0, shownNames).join(', ')}`],
    [duplicated.length === 0, `${name}: ${duplicated.length} events had more than one effect: ${duplicated.slice(0, shownNames).join(', ')}`],
  ]);
}

function missedOn({ ground, services, undeclared, report }: GroundFigures): string[] {
  return broken([
    [services === 7, `${ground}: ${services} of 7 services ran`],
    [undeclared.length === 0, `${ground}: ended and not declared dead: ${undeclared.join(', ')}`],
    [report.verdict === 'VERIFIED', `${ground}: the audit log is ${report.verdict}: ${whatWasFound(report).join('; ')}`],
  ]);
}

function killsMissed(options: FaultTestOptions, figures: ScenarioFigures | undefined): string[] {
  if (!figures) return [];
  return broken([
    [figures.disturbances === options.kills, `${figures.disturbances} of ${options.kills} kills were made`],
    [figures.accepted >= options.accepted, `${figures.accepted} events were accepted, ${options.accepted} were asked for`],
  ]);
}

const broken = (bars: readonly (readonly [boolean, string])[]): string[] => bars.filter(([holds]) => !holds).map(([, sentence]) => sentence);
