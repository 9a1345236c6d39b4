// SPDX-License-Identifier: Apache-2.0
import { StopRequested, topics } from '@nervus/contracts';
import { PermanentError, type Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { ServiceClock } from '@nervus/service-kit';
import { ActivePolicies } from '../adapters/active-policies.js';
import { throwStop } from '../domain/stops.js';
import { ChangeStops } from './change-stops.js';

/** One person throws a kill switch. */
@UseCase()
export class ThrowStop {
  constructor(
    private readonly stops: ChangeStops,
    private readonly policies: ActivePolicies,
    private readonly clock: ServiceClock,
  ) {}

  @On(topics.console.commands, StopRequested)
  async handle(event: Received<StopRequested>): Promise<void> {
    const { commandId, scope, reason, by } = event.data;
    const { tenant } = event;
    if (tenant === undefined) throw new PermanentError('tenant_missing', 'a stop belongs to a tenant');
    const person = this.policies.current.registry.personOf(by.account)?.ref;
    await this.stops.apply(event, commandId, (state) => throwStop(state, { commandId, tenant, scope, reason, person, at: this.clock.instant() }));
  }
}
