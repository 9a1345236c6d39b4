// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { Interruption } from '@nervus/fault-harness';
import type { Findings, Say } from '../command-line.js';
import { watchMachine } from '../machine.js';
import { EventsLog } from './events-log.js';
import { faultFindings } from './findings.js';
import { type GroundFigures, runOnGround } from './ground-run.js';
import type { Scenario } from './scenario.js';
import { scenarios } from './scenarios.js';

export interface FaultTestOptions {
  readonly dataDir: string;
  readonly database: 'durable' | 'memory';
  /** Processes that are killed in the scenario `kills`. */
  readonly kills: number;
  /** New events a second. */
  readonly rate: number;
  /** Events that must have been accepted in the scenario `kills` before its load ends; the others last as long as their disturbances. */
  readonly accepted: number;
  readonly seed: number;
  /** Names of scenarios, or `all`. */
  readonly scenario: readonly string[];
  readonly eventsLog: string | undefined;
}

/** Disturbs running meshes under load, lets everything settle, and holds the desk and the audit log to what was accepted. */
export async function testFaults(options: FaultTestOptions, say: Say): Promise<Findings> {
  const chosen = choose(scenarios(options.kills), options.scenario);
  const machine = watchMachine();
  const interruption = new Interruption();
  const skipped = new Map<string, string>();
  const failed = new Map<string, string>();
  const grounds: GroundFigures[] = [];
  const eventsLog = new EventsLog(options.eventsLog);
  for (const [ground, wanted] of Map.groupBy(chosen, (scenario) => scenario.ground)) {
    const unmet = await wanted[0]!.unmet();
    if (unmet !== undefined) {
      for (const { name } of wanted) skipped.set(name, unmet);
      say(`SKIPPED ${wanted.map(({ name }) => name).join(', ')}: ${unmet}`);
      continue;
    }
    for (let left: readonly Scenario[] = wanted, n = 1; left.length > 0; n += 1) {
      const planOf = ({ name }: Scenario): { seed: number; rate: number; accepted: number } => ({ seed: options.seed, rate: options.rate, accepted: name === 'kills' ? options.accepted : 0 });
      try {
        const figures = await runOnGround(left, { dataDir: join(options.dataDir, `${ground}-${n}`), database: options.database, say, signal: interruption.signal }, planOf, eventsLog);
        grounds.push(figures);
        left = left.filter(({ name }) => !figures.scenarios.has(name));
      } catch (error) {
        interruption.signal.throwIfAborted();
        // What the others found must not be lost with this one.
        say(error instanceof Error ? (error.stack ?? error.message) : String(error));
        for (const { name } of left) failed.set(name, String(error));
        left = [];
      }
    }
  }
  return faultFindings(options, chosen.map(({ name }) => name), grounds, { skipped, failed }, machine());
}

/** @throws RangeError for a name that no scenario has */
function choose(all: readonly Scenario[], names: readonly string[]): readonly Scenario[] {
  const known = all.map(({ name }) => name);
  const unknown = names.filter((name) => name !== 'all' && !known.includes(name));
  if (names.length === 0 || unknown.length > 0) throw new RangeError(`--scenario is "${names.join(',')}": expected all, or some of ${known.join(', ')}`);
  return names.includes('all') ? all : all.filter(({ name }) => names.includes(name));
}
