// SPDX-License-Identifier: Apache-2.0
import { ResumeRequested, topics } from '@nervus/contracts';
import { PermanentError, type Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { ServiceClock } from '@nervus/service-kit';
import { ActivePolicies } from '../adapters/active-policies.js';
import { resumeStop } from '../domain/stops.js';
import { ChangeStops } from './change-stops.js';

/** One of the two persons who lift a stop. */
@UseCase()
export class ResumeStop {
  constructor(
    private readonly stops: ChangeStops,
    private readonly policies: ActivePolicies,
    private readonly clock: ServiceClock,
  ) {}

  @On(topics.console.commands, ResumeRequested)
  async handle(event: Received<ResumeRequested>): Promise<void> {
    const { commandId, stopId, reason, by } = event.data;
    const { tenant } = event;
    if (tenant === undefined) throw new PermanentError('tenant_missing', 'a stop belongs to a tenant');
    const person = this.policies.current.registry.personOf(by.account)?.ref;
    await this.stops.apply(event, commandId, (state) => resumeStop(state, { commandId, stopId, tenant, reason, person, at: this.clock.instant() }));
  }
}
