// SPDX-License-Identifier: Apache-2.0
import type { StopChanged } from '@nervus/contracts';
import type { ActionChain } from '../domain/action-chain.js';
import { Feed } from '../domain/feed.js';
import { publicRow } from '../domain/public-view.js';
import type { RequestRow } from '../domain/request-row.js';

/** Tells open pages what changed. Events name and summarise; a page reads the rest again. */
export class Changes {
  constructor(readonly feed: Feed) {}

  request(row: RequestRow): void {
    this.feed.push(row.tenant, 'request', publicRow(row));
  }

  /** Only of actions that people were asked about: the others are far too many to follow. */
  action({ tenant, actionId, decision, outcome, intent }: ActionChain): void {
    if (decision?.requestId === undefined || decision.requestId === null) return;
    this.feed.push(tenant, 'action', { actionId, requestId: decision.requestId, decision: decision.result, intent: intent !== undefined, outcome: outcome?.result ?? null });
  }

  stop(tenant: string, stop: StopChanged): void {
    this.feed.push(tenant, 'stop', { stopId: stop.stopId, scope: stop.scope, active: stop.active, epoch: stop.epoch });
  }
}
