// SPDX-License-Identifier: Apache-2.0
import { retention } from '@nervus/contracts';
import type { AggregateStore } from '@nervus/messaging';
import { Stores } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import type { ActionState } from '../domain/action-state.js';
import type { Request } from '../domain/request.js';
import type { StopsState } from '../domain/stops.js';
import { jsonCollection } from './json-collection.js';
import type { PolicySetFiles } from './policy-set-files.js';

/** The set in force. Files are candidates only: this document decides. */
export interface Activation {
  readonly version: number;
  readonly hash: string;
}

export interface StoredPolicySet {
  readonly files: PolicySetFiles;
}

const marginMs = 7 * 24 * 60 * 60_000;

/** Document of what belongs to the installation and not to a tenant. */
export const installation = 'installation';

/** What approval keeps, one collection each. */
@Injectable()
export class ApprovalStores {
  /** By tenant and action id: proposal, request, decision. */
  readonly actions: AggregateStore<ActionState>;
  /** One document: all stops, so that epochs have one order. */
  readonly stops: AggregateStore<StopsState>;
  /** By hash. */
  readonly policySets: AggregateStore<StoredPolicySet>;
  /** One document: which of them is in force. */
  readonly activation: AggregateStore<Activation>;

  constructor(stores: Stores) {
    this.actions = jsonCollection<ActionState>(stores, {
      name: 'actions',
      indexes: {
        request: ({ tenant, request }) => request && requestKey(tenant, request.requestId),
        previous_request: ({ tenant, previousRequestId }) => (previousRequestId === undefined ? undefined : requestKey(tenant, previousRequestId)),
        open_tenant: (state) => openRequest(state) && state.tenant,
        open_agent: (state) => openRequest(state) && `${state.tenant}/${state.proposal.action.agent.name}`,
        open_tool: (state) => openRequest(state) && `${state.tenant}/${state.proposal.action.tool}.${state.proposal.action.operation}`,
      },
      deadline: (state) => {
        const open = openRequest(state);
        return open && Date.parse(open.expiresAt);
      },
      // Kept for as long as its proposal can be read again from Kafka: a second ruling would contradict the first.
      expires: ({ decision, proposal }) => decision && Date.parse(proposal.expiresAt) + retention.streams + marginMs,
    });
    this.stops = jsonCollection<StopsState>(stores, { name: 'stops' });
    this.policySets = jsonCollection<StoredPolicySet>(stores, { name: 'policy_sets' });
    this.activation = jsonCollection<Activation>(stores, { name: 'policy_activation' });
  }
}

/** Requests are looked up within a tenant only, so that nobody finds another tenant's. */
export const requestKey = (tenant: string, requestId: string): string => `${tenant}/${requestId}`;

const openRequest = ({ request }: ActionState): Request | undefined => (request?.state === 'open' ? request : undefined);
