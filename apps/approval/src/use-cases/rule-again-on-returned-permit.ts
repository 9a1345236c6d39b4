// SPDX-License-Identifier: Apache-2.0
import { PermitReturned, topics } from '@nervus/contracts';
import { type Decision, PermanentError, type Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { Events } from '@nervus/service-kit';
import { ApprovalMetrics } from '../adapters/approval-metrics.js';
import { ApprovalStores } from '../adapters/approval-stores.js';
import { CurrentWorld } from '../adapters/current-world.js';
import { type ActionState, type Fact, rulingOnReturned } from '../domain/action-state.js';
import { outgoing } from './outgoing.js';

/** action gave a permit back unused: rule again on the same action, so that nothing is lost while action was away. */
@UseCase()
export class RuleAgainOnReturnedPermit {
  constructor(
    private readonly stores: ApprovalStores,
    private readonly world: CurrentWorld,
    private readonly events: Events,
    private readonly metrics: ApprovalMetrics,
  ) {}

  @On(topics.action.outcomes, PermitReturned)
  async handle(event: Received<PermitReturned>): Promise<void> {
    const { data, tenant } = event;
    let facts: readonly Fact[] = [];
    const applied = await this.stores.actions.apply(`${tenant}/${data.actionId}`, event.id, (current): Decision<ActionState> => {
      if (!current) throw new PermanentError('unknown_action', `no proposal for action ${data.actionId} is known, so none can be ruled on again`);
      const change = rulingOnReturned(current, data, this.world.of(current.proposal.action, current.proposal.agentRecordVersion));
      if (change === 'unchanged') return change;
      ({ facts } = change);
      return { state: change.state, events: outgoing(this.events, change.state, facts, event.id) };
    });
    if (applied.outcome === 'applied') this.metrics.ruled(facts);
  }
}
