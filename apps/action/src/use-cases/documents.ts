// SPDX-License-Identifier: Apache-2.0
import { OutcomeRecorded, PermitReturned } from '@nervus/contracts';
import type { Aggregate, Applied, ApplyOptions, OutgoingEvent } from '@nervus/messaging';
import { Events, ServiceLogger } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { ActionMetrics } from '../adapters/action-metrics.js';
import { ActionStores, documentId, inDoubtIndex } from '../adapters/action-stores.js';
import type { ActionState, Change } from '../domain/action-state.js';
import type { Fact } from '../domain/outcome.js';
import type { Claimed } from '../domain/permitted.js';
import { RunOrder } from '../domain/run-order.js';

/** The documents of actions, each written together with the records that follow from the change. */
@Injectable()
export class ActionDocuments {
  private readonly order = new RunOrder();

  constructor(
    private readonly stores: ActionStores,
    private readonly events: Events,
    private readonly metrics: ActionMetrics,
    private readonly logger: ServiceLogger,
  ) {}

  read({ tenant, action }: Claimed): Promise<Aggregate<ActionState> | undefined> {
    return this.stores.actions.read(documentId(tenant, action.actionId));
  }

  /** @param eventId what causes the change: a second change by the same cause does nothing */
  async change({ tenant, action }: Claimed, eventId: string, decide: (current: ActionState | undefined) => Change | 'unchanged', options?: ApplyOptions): Promise<Applied<ActionState>> {
    let facts: readonly Fact[] = [];
    const applied = await this.stores.actions.apply(documentId(tenant, action.actionId), eventId, (current) => {
      const change = decide(current);
      if (change === 'unchanged') return change;
      facts = change.facts;
      return { state: change.state, events: facts.map((fact) => this.eventOf(fact)) };
    }, options);
    if (applied.state) this.order.saw(action.runId, action.actionId, applied.state);
    if (applied.outcome === 'applied') this.tell(applied.state, facts);
    return applied;
  }

  /** Whether no earlier action of its run is held or under way in this process. */
  isNext({ action }: Claimed, nowMs: number): boolean {
    return this.order.isNext(action.runId, action.actionId, nowMs);
  }

  due(nowMs: number, limit: number): Promise<readonly Aggregate<ActionState>[]> {
    return this.stores.actions.findDue(nowMs, limit);
  }

  async countInDoubt(): Promise<void> {
    this.metrics.inDoubt((await this.stores.actions.findBy(inDoubtIndex, true, 1_000)).length);
  }

  private eventOf(fact: Fact): OutgoingEvent {
    const { cause, purpose, headers } = fact;
    const about = { tenant: cause.tenant, key: fact.data.runId, cause, purpose, extensions: headers };
    return fact.kind === 'outcome' ? this.events.of(OutcomeRecorded, { ...about, data: fact.data }) : this.events.of(PermitReturned, { ...about, data: fact.data });
  }

  private tell(state: ActionState | undefined, facts: readonly Fact[]): void {
    this.metrics.published(facts);
    if (state?.state === 'held') this.metrics.putAside(state.reason);
    for (const { data, cause } of facts) {
      const result = 'result' in data ? data.result : 'returned';
      if (result !== 'succeeded') this.logger.warn({ code: data.code, result, actionId: data.actionId, runId: data.runId, tenant: cause.tenant, correlation_id: cause.correlationId }, 'an action was not carried out');
    }
  }
}
