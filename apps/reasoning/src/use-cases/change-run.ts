// SPDX-License-Identifier: Apache-2.0
import { Events, ServiceClock } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { ReasoningMetrics } from '../adapters/reasoning-metrics.js';
import { ReasoningStores } from '../adapters/reasoning-stores.js';
import { type RunChange, runKey, type RunState } from '../domain/run.js';
import { decided } from './outgoing.js';

/** Applies one thing that happened to a run: new state and what follows from it in one write, once. */
@Injectable()
export class ChangeRun {
  constructor(
    private readonly stores: ReasoningStores,
    private readonly events: Events,
    private readonly clock: ServiceClock,
    private readonly metrics: ReasoningMetrics,
  ) {}

  /** @param causeId id of the record, or of the step where time is the cause: applied once */
  async apply(tenant: string, runId: string, causeId: string, decide: (run: RunState | undefined, at: string) => RunChange | 'unchanged', isRecord = true): Promise<RunState | undefined> {
    const nowMs = this.clock.now();
    let change: RunChange | 'unchanged' = 'unchanged';
    const { outcome, state } = await this.stores.runs.apply(runKey(tenant, runId), causeId, (current) => {
      change = decide(current, new Date(nowMs).toISOString());
      return decided(this.events, change, isRecord ? causeId : undefined);
    });
    this.count(outcome === 'applied' ? change : 'unchanged', nowMs);
    return state;
  }

  private count(change: RunChange | 'unchanged', nowMs: number): void {
    if (change !== 'unchanged') this.metrics.told(change.state, change.facts, nowMs);
  }
}
