// SPDX-License-Identifier: Apache-2.0
import { DecisionMade, topics } from '@nervus/contracts';
import type { Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { onDecision } from '../domain/continue-run.js';
import { ChangeRun } from './change-run.js';

/** Approval decided: a refusal or an expiry ends that action. A permit is followed by an outcome, so nothing is written. */
@UseCase()
export class ContinueRunOnDecision {
  constructor(private readonly runs: ChangeRun) {}

  @On(topics.approval.decisions, DecisionMade)
  async handle(event: Received<DecisionMade>): Promise<void> {
    const { action, result } = event.data;
    if (result === 'permitted') return;
    await this.runs.apply(action.tenant, action.runId, event.id, (run, at) => onDecision(run, event.data, at));
  }
}
