// SPDX-License-Identifier: Apache-2.0
import type { ServiceName } from '@nervus/contracts';
import type { Installation } from '@nervus/scripts/mesh';
import type { Say } from '../command-line.js';
import { loadSources, webhookKey } from '../folders.js';
import { undeclaredDead } from '../past-processes.js';
import { waitUntil } from '../wait-until.js';
import { killOrder } from './kill-order.js';
import { killAndRecover, type Recovery } from './recovery.js';
import { SteadyLoad } from './steady-load.js';
import { Supervisor } from './supervisor.js';

export interface FaultPlan {
  readonly dataDir: string;
  readonly kills: number;
  /** New events a second. */
  readonly rate: number;
  /** Events that must have been accepted before the load ends. */
  readonly accepted: number;
  readonly seed: number;
}

/** Of the events of a second, as many are consequential. */
export const consequentialShare = 0.25;
/** Milliseconds; the machine may be busy with other things. */
const limits = { recovery: 240_000, acknowledged: 300_000, drained: 300_000, declaredDead: 240_000 };

/** Load on a running mesh, one kill after the other, and then the wait until everything has settled. */
export class FaultRun {
  readonly recoveries: Recovery[] = [];
  readonly load: SteadyLoad;
  readonly supervisor: Supervisor;
  /** Killed processes that no successor has declared dead, as of the last look. */
  undeclared: readonly string[] = [];

  /** The services must be ready. */
  constructor(
    private readonly installation: Installation,
    private readonly plan: FaultPlan,
    private readonly say: Say,
  ) {
    const { mesh, place } = installation;
    const consequential = Math.max(1, Math.round(plan.rate * consequentialShare));
    this.supervisor = new Supervisor(mesh);
    this.load = SteadyLoad.begin({
      target: mesh.urlOf('ingestion').replace('localhost', '127.0.0.1'), name: `fault-${plan.seed}`, rates: { routine: plan.rate - consequential, consequential },
      secrets: { routine: webhookKey(place.secretsFolder, 'routine'), consequential: webhookKey(place.secretsFolder, 'consequential') },
    });
  }

  /** One kill after the other, each when the one before is overcome; the load goes on until enough was accepted. */
  async killInTurn(): Promise<void> {
    const { load, plan, say, supervisor } = this;
    const { mesh, desk } = this.installation;
    await waitUntil('the first effects', limits.recovery, () => loadSources.every((source) => desk.effects.some(({ subject }) => load.events.get(subject)?.source === source)));
    for (const { victim, afterMs } of killOrder(mesh.all(), plan.kills, plan.seed)) {
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      say(`kill -9 ${victim.options.instance} (${load.accepted.size} accepted, ${desk.subjects} with their effect)`);
      const recovery = await supervisor.leave(victim, () => killAndRecover(mesh, victim, load, desk, limits.recovery));
      this.recoveries.push(recovery);
      say(`  ready after ${recovery.ready} s; routine effects after ${recovery.effects.routine} s, consequential after ${recovery.effects.consequential} s`);
    }
    const secondsLeft = Math.max(0, plan.accepted - load.accepted.size) / plan.rate;
    await waitUntil(`${plan.accepted} accepted events`, limits.acknowledged + 3_000 * secondsLeft, () => load.accepted.size >= plan.accepted);
  }

  /** Ends the load and waits until every accepted event had its effect and every killed process was declared dead. */
  async settle(): Promise<void> {
    const { load, say } = this;
    const { desk, infrastructure } = this.installation;
    await load.end(limits.acknowledged);
    say(`The load has ended: ${load.accepted.size} accepted, ${desk.subjects} with their effect; waiting for the rest ...`);
    // What is still missing then is counted as lost.
    await waitUntil('an effect of every accepted event', limits.drained, () => this.lost().length === 0).catch((error: unknown) => say(String(error)));
    say('Waiting until every killed process is declared dead ...');
    const look = async (): Promise<boolean> => {
      this.undeclared = await undeclaredDead(infrastructure.kafka.brokers, this.running());
      return this.undeclared.length === 0;
    };
    await waitUntil('a heartbeat that declares every killed process dead', limits.declaredDead, look, 2_000).catch((error: unknown) => say(String(error)));
  }

  /** Accepted events without an effect. */
  lost(): string[] {
    return [...this.load.accepted].filter((subject) => !this.installation.desk.has(subject));
  }

  /** No event is sent and no process started again any more. */
  close(): void {
    this.load.stop();
    this.supervisor.close();
  }

  private running(): Map<ServiceName, number> {
    const running = new Map<ServiceName, number>();
    for (const { options } of this.installation.mesh.all()) running.set(options.service as ServiceName, (running.get(options.service as ServiceName) ?? 0) + 1);
    return running;
  }
}
