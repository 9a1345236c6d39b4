// SPDX-License-Identifier: Apache-2.0
import { StopChanged } from '@nervus/contracts';
import type { Decision, OutgoingEvent, Received } from '@nervus/messaging';
import { Events } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { ApprovalMetrics } from '../adapters/approval-metrics.js';
import { ApprovalStores, installation } from '../adapters/approval-stores.js';
import { noStops, stopHeader, type StopResult, type StopsState } from '../domain/stops.js';
import type { Answer } from '../domain/verdict.js';
import { answerTo } from './outgoing.js';

const statusOf: Readonly<Record<StopResult['code'], Answer['status']>> = { accepted: 200, second_person_needed: 200, not_entitled: 403, unknown_stop: 404, already_lifted: 409, already_voted: 409, too_many_stops: 409 };

/** Carries out a command on the one document of stops: new state, the published change and the answer in one write. */
@Injectable()
export class ChangeStops {
  constructor(
    private readonly stores: ApprovalStores,
    private readonly events: Events,
    private readonly metrics: ApprovalMetrics,
  ) {}

  async apply(event: Received<unknown>, commandId: string, decide: (state: StopsState) => StopResult): Promise<void> {
    let result: StopResult | undefined;
    const applied = await this.stores.stops.apply(installation, event.id, (current): Decision<StopsState> => {
      result = decide(current ?? noStops);
      const answer = answerTo(this.events, event, commandId, { code: result.code, status: statusOf[result.code], detail: result.detail });
      return { state: result.state, events: [...(result.changed ? [this.published(event, result.changed)] : []), answer] };
    });
    if (applied.outcome === 'applied' && result) this.metrics.answered(result.code);
  }

  private published(event: Received<unknown>, changed: StopChanged): OutgoingEvent {
    return this.events.of(StopChanged, { key: changed.stopId, data: changed, cause: event, purpose: 'stop', extensions: { stop: stopHeader(changed) } });
  }
}
