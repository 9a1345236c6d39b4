// SPDX-License-Identifier: Apache-2.0
import { DecisionMade, IntentRecorded, OutcomeRecorded, PermitReturned, topics } from '@nervus/contracts';
import type { Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { Changes } from '../adapters/changes.js';
import { ReadModels } from '../adapters/read-models.js';
import { type ActionChain, withDecision, withIntent, withOutcome, withReturned } from '../domain/action-chain.js';
import { type Place, placeOf } from '../domain/place.js';
import { tenantOf } from './tenant-of.js';

type Fold<T> = (chain: ActionChain | undefined, tenant: string, data: T, place: Place) => ActionChain | 'unchanged';

/** Something became of an action: decision, intent, permit that came back, outcome. They come by several topics, in any order. */
@UseCase()
export class RecordAction {
  constructor(
    private readonly models: ReadModels,
    private readonly changes: Changes,
  ) {}

  @On(topics.approval.decisions, DecisionMade)
  onDecision(event: Received<DecisionMade>): Promise<void> {
    return this.apply(event, event.data.action.actionId, withDecision);
  }

  @On(topics.action.intents, IntentRecorded)
  onIntent(event: Received<IntentRecorded>): Promise<void> {
    return this.apply(event, event.data.actionId, withIntent);
  }

  @On(topics.action.outcomes, PermitReturned)
  onReturned(event: Received<PermitReturned>): Promise<void> {
    return this.apply(event, event.data.actionId, withReturned);
  }

  @On(topics.action.outcomes, OutcomeRecorded)
  onOutcome(event: Received<OutcomeRecorded>): Promise<void> {
    return this.apply(event, event.data.actionId, withOutcome);
  }

  private async apply<T>(event: Received<T>, actionId: string, fold: Fold<T>): Promise<void> {
    const tenant = tenantOf(event);
    const applied = await this.models.actions.apply(`${tenant}/${actionId}`, event.id, (current) => {
      const next = fold(current, tenant, event.data, placeOf(event));
      return next === 'unchanged' ? next : { state: next, events: [] };
    }, { expectNew: event.type === DecisionMade.type });
    if (applied.outcome === 'applied' && applied.state) this.changes.action(applied.state);
  }
}
