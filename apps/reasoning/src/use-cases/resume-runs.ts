// SPDX-License-Identifier: Apache-2.0
import { derivedId } from '@nervus/contracts';
import { ServiceClock, Sweeps } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { AgentsView } from '../adapters/agents-view.js';
import { ReasoningStores } from '../adapters/reasoning-stores.js';
import { StopsView } from '../adapters/stops-view.js';
import { releaseHeld } from '../domain/conclude-run.js';
import { onDeadline } from '../domain/continue-run.js';
import type { RunState } from '../domain/run.js';
import { AskModels } from './ask-models.js';
import { ChangeRun } from './change-run.js';

const everyMs = 1000;
const atOnce = 200;

/**
 * What time does to runs: those past their deadline end, those whose process is silent are taken over, and what was held
 * for an old view of the stops is proposed once it is fresh. Any replica does it; each change is applied once.
 */
@Injectable()
export class ResumeRuns {
  constructor(
    private readonly stores: ReasoningStores,
    private readonly agents: AgentsView,
    private readonly stops: StopsView,
    private readonly runs: ChangeRun,
    private readonly models: AskModels,
    private readonly clock: ServiceClock,
    sweeps: Sweeps,
  ) {
    sweeps.every('resume-runs', everyMs, () => this.sweep());
  }

  async sweep(): Promise<void> {
    const due = await this.stores.runs.findDue(this.clock.now(), atOnce);
    await Promise.all(due.map(({ state }) => this.wake(state)));
    const held = await this.stores.runs.findBy('held', true, atOnce);
    await Promise.all(held.map(({ state }) => this.release(state)));
  }

  private async wake(run: RunState): Promise<void> {
    const nowMs = this.clock.now();
    if (nowMs >= run.deadlineAt) await this.runs.apply(run.tenant, run.runId, derivedId('deadline', run.runId), (current) => (current ? onDeadline(current, nowMs) : 'unchanged'), false);
    else if (run.question) this.models.resume(run);
  }

  private async release(run: RunState): Promise<void> {
    const nowMs = this.clock.now();
    if (nowMs >= run.deadlineAt) return this.wake(run);
    const stops = this.stops.of(run.tenant);
    const agent = await this.agents.load(run.tenant, run.agent.name, run.agent.digest, run.recordVersion);
    const minTier = agent?.manifest.spec.approval?.minTier ?? 3;
    await this.runs.apply(run.tenant, run.runId, derivedId('release', run.runId, String(run.version)), (current) => (current ? releaseHeld(current, stops, minTier, nowMs) : 'unchanged'), false);
  }
}
