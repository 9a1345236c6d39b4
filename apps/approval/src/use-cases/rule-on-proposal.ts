// SPDX-License-Identifier: Apache-2.0
import { maxValueBytes, ProposalMade, topics } from '@nervus/contracts';
import { type Decision, PermanentError, type Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { Events, ServiceClock } from '@nervus/service-kit';
import { digestOfAction } from '@nervus/trust';
import { ActivePolicies } from '../adapters/active-policies.js';
import { AgentsView } from '../adapters/agents-view.js';
import { ApprovalMetrics } from '../adapters/approval-metrics.js';
import { ApprovalStores } from '../adapters/approval-stores.js';
import { CurrentWorld } from '../adapters/current-world.js';
import { type ActionState, type Arrival, type Change, firstDenial, firstRuling } from '../domain/action-state.js';
import { isExpired } from '../domain/rule-on-proposal.js';
import { outgoing } from './outgoing.js';

/** The decision repeats the action and adds permit, rows and votes to it: room for these. */
const largestAction = maxValueBytes - 64 * 1024;

/** A proposal arrived: rule on it, and permit at once, open a request, or refuse. */
@UseCase()
export class RuleOnProposal {
  constructor(
    private readonly stores: ApprovalStores,
    private readonly world: CurrentWorld,
    private readonly policies: ActivePolicies,
    private readonly agents: AgentsView,
    private readonly events: Events,
    private readonly clock: ServiceClock,
    private readonly metrics: ApprovalMetrics,
  ) {}

  @On(topics.reasoning.proposals, ProposalMade)
  async handle(event: Received<ProposalMade>): Promise<void> {
    const arrival = arrivalOf(event);
    const first = this.rule(arrival, event.extensions.actiondigest);
    const applied = await this.stores.actions.apply(`${arrival.tenant}/${event.data.action.actionId}`, event.id, (current) => this.decide(current, arrival, first, event.id), { expectNew: true });
    if (applied.outcome === 'applied') this.metrics.ruled(first.facts);
  }

  private rule(arrival: Arrival, header: string | undefined): Change {
    const { proposal, digest, tenant } = arrival;
    const { action, agentRecordVersion } = proposal;
    // Neither needs the agent's record, so neither waits for it.
    if (header !== digest) return firstDenial(arrival, 'refused', 'digest_mismatch', { set: this.policies.current });
    if (!this.agents.find(tenant, action.agent.name, agentRecordVersion) && isExpired(proposal, this.clock.now())) return firstDenial(arrival, 'expired', 'proposal_expired', { set: this.policies.current });
    return firstRuling(arrival, this.world.of(action, agentRecordVersion));
  }

  private decide(current: ActionState | undefined, arrival: Arrival, first: Change, eventId: string): Decision<ActionState> {
    if (!current) return { state: first.state, events: outgoing(this.events, first.state, first.facts, eventId) };
    if (current.digest === arrival.digest) return 'unchanged';
    throw new PermanentError('action_id_reused', `action ${arrival.proposal.action.actionId} was proposed before with other content: an action id names one exact action`, { known: current.digest, given: arrival.digest });
  }
}

function arrivalOf(event: Received<ProposalMade>): Arrival {
  const { data: proposal, tenant, id, correlationId, hops, traceparent } = event;
  const { action } = proposal;
  if (tenant === undefined || tenant !== action.tenant) throw new PermanentError('tenant_mismatch', `the record belongs to tenant ${tenant}, its action to ${action.tenant}`);
  if (event.key !== `${tenant}/${action.runId}`) throw new PermanentError('key_mismatch', `the record's key is ${event.key}, its action belongs to run ${action.runId}`);
  const bytes = Buffer.byteLength(JSON.stringify(action));
  if (bytes > largestAction) throw new PermanentError('action_too_large', `the action has ${bytes} bytes, a decision about it holds at most ${largestAction}`);
  return { tenant, digest: digestOfAction(action), proposal, cause: { id, correlationId, hops, ...(traceparent === undefined ? {} : { traceparent }) } };
}
