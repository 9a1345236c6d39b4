// SPDX-License-Identifier: Apache-2.0
import { derivedId } from '@nervus/contracts';
import type { Aggregate, Decision } from '@nervus/messaging';
import { Events, ServiceClock, Sweeps } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { ActivePolicies } from '../adapters/active-policies.js';
import { ApprovalMetrics } from '../adapters/approval-metrics.js';
import { ApprovalStores } from '../adapters/approval-stores.js';
import { StopsView } from '../adapters/stops-view.js';
import type { ActionState, Change, Fact } from '../domain/action-state.js';
import { expireRequest, stopRequest } from '../domain/verdict.js';
import { outgoing } from './outgoing.js';

const everyMs = 1000;
const atOnce = 500;

/** Ends the requests whose deadline has passed (a denial), and those whose action a stop covers. Any replica does it. */
@Injectable()
export class EndRequests {
  constructor(
    private readonly stores: ApprovalStores,
    private readonly policies: ActivePolicies,
    private readonly stops: StopsView,
    private readonly events: Events,
    private readonly clock: ServiceClock,
    private readonly metrics: ApprovalMetrics,
    sweeps: Sweeps,
  ) {
    sweeps.every('expire-requests', everyMs, () => this.expireDue());
    sweeps.every('refuse-stopped-requests', everyMs, () => this.refuseStopped());
  }

  async expireDue(): Promise<void> {
    const { current: set } = this.policies;
    await this.untilNone(
      () => this.stores.actions.findDue(this.clock.now(), atOnce),
      'expired',
      (state) => expireRequest(state, { set, now: this.clock.now() }),
    );
  }

  async refuseStopped(): Promise<void> {
    const { current: set } = this.policies;
    for (const { tenant, scope } of this.stops.active()) {
      const [index, value] = scope.kind === 'all' ? ['open_tenant', tenant] : scope.kind === 'agent' ? ['open_agent', `${tenant}/${scope.name}`] : ['open_tool', `${tenant}/${scope.name}`];
      await this.untilNone(
        () => this.stores.actions.findBy(index, value, atOnce),
        'stopped',
        (state) => stopRequest(state, { set }),
      );
    }
  }

  private async untilNone(find: () => Promise<readonly Aggregate<ActionState>[]>, purpose: 'expired' | 'stopped', end: (state: ActionState) => Change | 'unchanged'): Promise<void> {
    for (;;) {
      const found = await find();
      const ended = await Promise.all(found.map((aggregate) => this.end(aggregate, purpose, end)));
      // A round that ended none would find the same ones for ever: what is left is for the next sweep.
      if (found.length < atOnce || !ended.includes(true)) return;
    }
  }

  private async end({ id, state: { request } }: Aggregate<ActionState>, purpose: 'expired' | 'stopped', end: (state: ActionState) => Change | 'unchanged'): Promise<boolean> {
    if (!request) return false;
    let facts: readonly Fact[] = [];
    const applied = await this.stores.actions.apply(id, derivedId(purpose, request.requestId), (current): Decision<ActionState> => {
      if (current?.request?.requestId !== request.requestId) return 'unchanged';
      const change = end(current);
      if (change === 'unchanged') return change;
      ({ facts } = change);
      return { state: change.state, events: outgoing(this.events, change.state, facts, current.cause.id, `${purpose}:`) };
    });
    if (applied.outcome === 'applied') this.metrics.ruled(facts);
    return applied.outcome === 'applied';
  }
}
