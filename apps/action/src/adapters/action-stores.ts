// SPDX-License-Identifier: Apache-2.0
import type { AggregateStore } from '@nervus/messaging';
import type { Stores } from '@nervus/service-kit';
import { type ActionState, dueAt } from '../domain/action-state.js';

const dayMs = 24 * 60 * 60_000;

/** Name of the index of actions of which nobody knows what came. */
export const inDoubtIndex = 'in_doubt';

/** What action keeps: one document per action, by tenant and action id. */
export class ActionStores {
  readonly actions: AggregateStore<ActionState>;

  constructor(stores: Stores, keptDays: number) {
    this.actions = stores.collection<ActionState>({
      name: 'actions',
      indexes: { [inDoubtIndex]: (state) => (state.state === 'sent' && state.uncertain ? true : undefined) },
      settled: ({ state }) => state === 'settled' || state === 'returned',
      deadline: dueAt,
      expires: (state) => (state.state === 'settled' || state.state === 'returned' ? state.settledAt + keptDays * dayMs : undefined),
    });
  }
}

/** Ids carry the tenant, so that no tenant's action is found under another's. */
export const documentId = (tenant: string, actionId: string): string => `${tenant}/${actionId}`;
