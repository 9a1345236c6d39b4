// SPDX-License-Identifier: Apache-2.0
import { DecisionMade, topics } from '@nervus/contracts';
import { PermanentError, type Received, UnavailableError } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { ServiceClock, ServiceLogger } from '@nervus/service-kit';
import { WorkloadDirectory } from '@nervus/trust';
import { ActionMetrics } from '../adapters/action-metrics.js';
import { checkPermitted, type Claimed, type Permitted } from '../domain/permitted.js';
import { CarryOut } from './carry-out.js';
import { ActionSettings } from './settings.js';

/** approval decided: carry out exactly what the permit says, or nothing. */
@UseCase()
export class CarryOutDecision {
  constructor(
    private readonly carryOut: CarryOut,
    private readonly directory: WorkloadDirectory,
    private readonly settings: ActionSettings,
    private readonly metrics: ActionMetrics,
    private readonly clock: ServiceClock,
    private readonly logger: ServiceLogger,
  ) {}

  @On(topics.approval.decisions, DecisionMade)
  async handle(event: Received<DecisionMade>): Promise<void> {
    if (event.data.result !== 'permitted') return;
    const permitted = this.check(event);
    const carried = await this.carryOut.run({ permitted, eventId: event.id });
    if (carried === 'known') this.metrics.delivered();
    if (carried === 'already_consumed') {
      this.metrics.refusedPermit(carried);
      this.logger.warn({ code: carried, event_id: event.id, correlation_id: event.correlationId, actionId: permitted.action.actionId, jti: permitted.jti, tenant: permitted.tenant }, 'a permit was presented for an action that was begun or is over: nothing is done');
    }
  }

  /** @throws PermanentError for a decision that its permit does not fit; UnavailableError while the signer is not known yet */
  private check(event: Received<DecisionMade>): Permitted {
    const check = checkPermitted(this.claimedBy(event), this.directory, this.settings.trustDomain, this.clock.now());
    if (check.verdict === 'good') return check.permitted;
    if (check.verdict === 'wait') throw new UnavailableError(check.code, check.detail);
    return this.refuse(check.code, check.detail);
  }

  private claimedBy({ id, data, tenant, extensions, correlationId, hops, traceparent, leaf, time }: Received<DecisionMade>): Claimed {
    const { permit, action, digest, tier } = data;
    if (tenant === undefined || permit === undefined) return this.refuse('permit_missing', 'a permitted decision without a tenant or a permit permits nothing');
    // audit judges by the signed headers, action by the value: they must be the same.
    if (extensions.permit !== permit || extensions.actiondigest !== digest || extensions.tier !== String(tier)) return this.refuse('header_mismatch', 'the signed headers of the decision name another permit, digest or tier than its value');
    return { tenant, action, digest, tier, permit, decisionLeaf: leaf, decidedAt: time, cause: { id, correlationId, hops, tenant, ...(traceparent !== undefined && { traceparent }) } };
  }

  private refuse(code: string, detail: string): never {
    this.metrics.refusedPermit(code);
    throw new PermanentError(code, detail);
  }
}
