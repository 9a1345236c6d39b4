// SPDX-License-Identifier: Apache-2.0
import type { ServiceName } from '@nervus/contracts';
import { until } from '@nervus/fault-harness';
import type { Infrastructure } from '@nervus/local-infrastructure';
import type { Report } from '@nervus/verifier';
import type { Say } from '../command-line.js';
import { undeclaredDead } from '../past-processes.js';
import { verifyCopy } from '../verify-copy.js';
import type { EventsLog } from './events-log.js';
import type { FaultMesh, FaultMeshOptions } from './fault-mesh.js';
import type { Scenario } from './scenario.js';
import { type LoadPlan, type ScenarioFigures, ScenarioRun } from './scenario-run.js';

/** Milliseconds; the machine may be busy with other things. */
const declaredDeadMs = 240_000;

/** What came of the scenarios that shared one mesh. */
export interface GroundFigures {
  readonly ground: string;
  readonly scenarios: ReadonlyMap<string, ScenarioFigures>;
  readonly services: number;
  /** Ended processes that no successor has declared dead. */
  readonly undeclared: readonly string[];
  readonly report: Report;
  readonly database: Infrastructure['database'];
  readonly kafka: string;
}

/**
 * Carries out scenarios on one mesh, one after the other, until one fails: what it left behind would be blamed on the
 * next. Then everything stops in order and the audit log is held to what the desk saw.
 */
export async function runOnGround(scenarios: readonly Scenario[], options: FaultMeshOptions, planOf: (scenario: Scenario) => LoadPlan, eventsLog: EventsLog): Promise<GroundFigures> {
  const { say, signal, dataDir } = options;
  const [first] = scenarios;
  if (!first) throw new RangeError('no scenario was given');
  say(`Starting a mesh for ${scenarios.map(({ name }) => name).join(', ')} ...`);
  const ground = await first.open(options);
  const { mesh } = ground;
  const found = new Map<string, ScenarioFigures>();
  let undeclared: readonly string[] = [];
  try {
    for (const scenario of scenarios) {
      const run = await ScenarioRun.begin(mesh, scenario.name, planOf(scenario), say, signal);
      const figures = await run.carryOut(scenario.choices(ground), scenario.steps);
      found.set(scenario.name, figures);
      eventsLog.write(scenario.name, run.load.accepted, run.effects());
      if (figures.failure !== undefined || figures.lost.length > 0) break;
    }
    undeclared = await waitForDeclarations(mesh, say, signal);
  } finally {
    say('Stopping in order ...');
    await ground.close().catch((error: unknown) => say(`stopping: ${String(error)}`));
  }
  say('Verifying the copied audit log ...');
  const report = await verifyCopy(dataDir, mesh.desk.effects.map(({ key }) => ({ idempotencyKey: key })));
  const { database, kafka } = mesh.infrastructure;
  return { ground: first.ground, scenarios: found, services: mesh.services, undeclared, report, database, kafka: kafka.version };
}

/** Waits until every process that ended without a farewell is declared dead by its successor, and returns those that are not. */
async function waitForDeclarations(mesh: FaultMesh, say: Say, signal: AbortSignal): Promise<readonly string[]> {
  say('Waiting until every ended process is declared dead ...');
  const running = new Map([...Map.groupBy(mesh.processes, ({ service }) => service as ServiceName)].map(([service, all]) => [service, all.length]));
  let undeclared: readonly string[] = [];
  const look = async (): Promise<boolean> => {
    undeclared = await undeclaredDead(mesh.infrastructure.kafka.brokers, running);
    return undeclared.length === 0;
  };
  await until('a heartbeat that declares every ended process dead', { limitMs: declaredDeadMs, signal, everyMs: 2_000 }, look).catch((error: unknown) => {
    signal.throwIfAborted();
    say(String(error));
  });
  return undeclared;
}
