// SPDX-License-Identifier: Apache-2.0
import { topics, VerdictGiven } from '@nervus/contracts';
import { type Decision, PermanentError, type Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { Events } from '@nervus/service-kit';
import { ApprovalMetrics } from '../adapters/approval-metrics.js';
import { ApprovalStores, requestKey } from '../adapters/approval-stores.js';
import { CurrentWorld } from '../adapters/current-world.js';
import type { ActionState } from '../domain/action-state.js';
import { acceptVerdict, unknownRequest, type VerdictResult } from '../domain/verdict.js';
import { answerTo, outgoing } from './outgoing.js';

/** A reviewer said yes or no: judge it, count it, and decide when that completes the request. */
@UseCase()
export class AcceptVerdict {
  constructor(
    private readonly stores: ApprovalStores,
    private readonly world: CurrentWorld,
    private readonly events: Events,
    private readonly metrics: ApprovalMetrics,
  ) {}

  @On(topics.console.commands, VerdictGiven)
  async handle(event: Received<VerdictGiven>): Promise<void> {
    const { data, tenant } = event;
    if (tenant === undefined) throw new PermanentError('tenant_missing', 'a verdict belongs to a tenant');
    const id = await this.actionOf(tenant, data.requestId);
    if (id === undefined) {
      this.metrics.answered(unknownRequest.code);
      await this.events.publish([answerTo(this.events, event, data.commandId, unknownRequest)]);
      return;
    }
    let result: VerdictResult | undefined;
    const applied = await this.stores.actions.apply(id, event.id, (current): Decision<ActionState> => {
      if (!current) return 'unchanged';
      result = acceptVerdict(current, data, this.world.of(current.proposal.action, current.proposal.agentRecordVersion));
      // Written also when nothing changed: a redelivered command gets no second answer, and the answer is never lost.
      return { state: result.state, events: [...outgoing(this.events, result.state, result.facts, event.id), answerTo(this.events, event, data.commandId, result.answer)] };
    });
    if (applied.outcome !== 'applied' || !result) return;
    this.metrics.answered(result.answer.code);
    this.metrics.ruled(result.facts);
  }

  private async actionOf(tenant: string, requestId: string): Promise<string | undefined> {
    const key = requestKey(tenant, requestId);
    const [current] = await this.stores.actions.findBy('request', key, 1);
    if (current) return current.id;
    const [previous] = await this.stores.actions.findBy('previous_request', key, 1);
    return previous?.id;
  }
}
