// SPDX-License-Identifier: Apache-2.0
import { type Disturbance, disturb, describeSchedule, inTurn, schedule, until } from '@nervus/fault-harness';
import type { AppliedEffect } from '@nervus/scripts/mesh';
import type { Say } from '../command-line.js';
import { loadSources } from '../folders.js';
import type { FaultMesh } from './fault-mesh.js';
import { type Recovery, recovered, slowest } from './recovery.js';
import { countPutAside, type PutAside } from './reports.js';
import { loadStreams, SteadyLoad } from '../steady-load.js';
import type { UnexpectedEnd } from './supervisor.js';

export interface LoadPlan {
  readonly seed: number;
  /** New events a second. */
  readonly rate: number;
  /** Events that must have been accepted before the load ends. */
  readonly accepted: number;
}

/** Of the events of a second, as many are consequential. */
export const consequentialShare = 0.25;
/** Milliseconds; the machine may be busy with other things. What is put aside under a clock that is ahead waits until that time has come, so that draining may take longer than any clock is wrong. */
const limits = { recovery: 240_000, acknowledged: 300_000, drained: 600_000 };

/** What came of one scenario, before anyone has looked at the audit log. */
export interface ScenarioFigures extends PutAside {
  /** Disturbances that were made and overcome. */
  readonly disturbances: number;
  /** Events that ingestion acknowledged. */
  readonly accepted: number;
  /** Effects that the desk applied, for these and for events that were never acknowledged. */
  readonly effects: number;
  /** Accepted events without an effect. */
  readonly lost: readonly string[];
  /** Events with more than one effect. */
  readonly duplicated: readonly string[];
  /** Calls that the desk recognised by their key as made before. */
  readonly redeliveries: number;
  readonly recoverySeconds: Readonly<Record<string, Recovery>>;
  readonly unexpectedEnds: readonly UnexpectedEnd[];
  readonly refusedByStatus: Readonly<Record<string, number>>;
  /** Why it was given up. */
  readonly failure: string | undefined;
}

/** One scenario on a running mesh: load, one disturbance after the other, and then the wait until everything has settled. */
export class ScenarioRun {
  readonly load: SteadyLoad;
  private readonly recoveries: (Recovery & { readonly what: string })[] = [];
  private readonly before: { readonly ends: number; readonly redeliveries: number };
  private failure: string | undefined;

  private constructor(
    private readonly mesh: FaultMesh,
    private readonly name: string,
    private readonly plan: LoadPlan,
    private readonly putAsideBefore: PutAside,
    private readonly say: Say,
    private readonly signal: AbortSignal,
  ) {
    const consequential = Math.max(1, Math.round(plan.rate * consequentialShare));
    this.before = { ends: mesh.supervisor.ends.length, redeliveries: mesh.desk.counts().redeliveries };
    this.load = new SteadyLoad(mesh.edge, `${name}-${plan.seed}`, loadStreams(mesh.secretsFolder, { routine: plan.rate - consequential, consequential }));
  }

  /** Begins the load. All processes must be ready. */
  static async begin(mesh: FaultMesh, name: string, plan: LoadPlan, say: Say, signal: AbortSignal): Promise<ScenarioRun> {
    return new ScenarioRun(mesh, name, plan, await countPutAside(mesh.infrastructure.kafka.brokers), say, signal);
  }

  /** Everything of it. What goes wrong is in the figures; only an interruption is thrown. */
  async carryOut(choices: readonly Disturbance[], steps: number | undefined): Promise<ScenarioFigures> {
    try {
      await this.disturbInTurn(choices, steps);
    } catch (error) {
      this.signal.throwIfAborted();
      this.failure = String(error);
      this.say(`${this.name} is given up: ${this.failure}`);
    } finally {
      this.load.stop();
    }
    await this.settle();
    return this.figures();
  }

  /** One disturbance after the other, each when the one before is overcome; the load goes on until enough was accepted. */
  private async disturbInTurn(choices: readonly Disturbance[], steps: number | undefined): Promise<void> {
    const { load, plan, say, signal, mesh } = this;
    const { desk } = mesh;
    const planned = schedule(choices, { seed: plan.seed, purpose: this.name === 'kills' ? '' : this.name, ...(steps !== undefined && { steps }) });
    say(`The plan of ${this.name} under seed ${plan.seed}:`);
    for (const line of describeSchedule(planned)) say(`  ${line}`);
    await until('the first effects', { limitMs: limits.recovery, signal }, () => loadSources.every((source) => desk.effects.some(({ subject }) => load.events.get(subject)?.source === source)));
    await inTurn(planned, signal, async (disturbance) => {
      say(`${disturbance.name} (${load.accepted.length} accepted, ${load.accepted.length - this.missing().length} of them with their effect)`);
      const lasted = await disturb(disturbance, signal);
      const recovery = await recovered(mesh, load, disturbance.name, lasted, limits.recovery, signal);
      this.recoveries.push({ what: disturbance.name, ...recovery });
      say(`  lasted ${((lasted.liftedAt - lasted.begunAt) / 1000).toFixed(1)} s; then ready after ${recovery.ready} s, routine effects after ${recovery.routine} s, consequential after ${recovery.consequential} s`);
    });
    const secondsLeft = Math.max(0, plan.accepted - load.accepted.length) / plan.rate;
    await until(`${plan.accepted} accepted events`, { limitMs: limits.acknowledged + 3_000 * secondsLeft, signal }, () => load.accepted.length >= plan.accepted);
  }

  /** Ends the load and waits until every accepted event had its effect. What is still missing then is lost. */
  private async settle(): Promise<void> {
    const { load, say, signal } = this;
    try {
      await load.end(limits.acknowledged);
      say(`The load has ended: ${load.accepted.length} accepted, ${this.missing().length} of them still without effect`);
      await until('an effect of every accepted event', { limitMs: limits.drained, signal }, () => this.missing().length === 0);
    } catch (error) {
      signal.throwIfAborted();
      this.failure ??= String(error);
      say(String(error));
    }
  }

  private async figures(): Promise<ScenarioFigures> {
    const { mesh, load, recoveries, before, putAsideBefore } = this;
    const effects = this.effects();
    const times = Map.groupBy(effects, ({ subject }) => subject);
    const now = await countPutAside(mesh.infrastructure.kafka.brokers);
    return {
      disturbances: recoveries.length, accepted: load.accepted.length, effects: effects.length,
      lost: this.missing(), duplicated: [...times].filter(([, all]) => all.length > 1).map(([subject]) => subject),
      redeliveries: mesh.desk.counts().redeliveries - before.redeliveries, recoverySeconds: slowest(recoveries),
      deadLettered: now.deadLettered - putAsideBefore.deadLettered, quarantined: now.quarantined - putAsideBefore.quarantined,
      unexpectedEnds: mesh.supervisor.ends.slice(before.ends), refusedByStatus: load.refused, failure: this.failure,
    };
  }

  /** Those of this scenario's events. */
  effects(): AppliedEffect[] {
    return this.mesh.desk.effects.filter(({ subject }) => this.load.events.has(subject));
  }

  private missing(): string[] {
    return this.load.accepted.flatMap(({ subject }) => (this.mesh.desk.has(subject) ? [] : [subject]));
  }
}
