// SPDX-License-Identifier: Apache-2.0
import { TimedOutError, within } from '@nervus/messaging';
import { ServiceClock, ServiceLogger } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { type InboundEvent, Refusal, type Source } from '@nervus/sources';
import { IngestionMetrics } from '../adapters/ingestion-metrics.js';
import { AcceptEvent } from './accept-event.js';

/** Items on their way to Kafka at once, of one source. */
const atOnce = 32;

/** Accepts what was pulled from a source, begun in its order. */
@Injectable()
export class AcceptItems {
  constructor(
    private readonly acceptEvent: AcceptEvent,
    private readonly clock: ServiceClock,
    private readonly metrics: IngestionMetrics,
    private readonly logger: ServiceLogger,
  ) {}

  /**
   * Resolves when every event was acknowledged by Kafka, or can never be accepted (which is counted and logged: one bad
   * item must not hold up a feed for ever).
   * @param limitMs time for all of them
   * @throws UnavailableError, TimedOutError: the rest is to be tried again, and what was taken is recognised then
   */
  accept(source: Source, events: readonly InboundEvent[], limitMs: number): Promise<void> {
    const what = `the acknowledgement of ${events.length} items of ${source.name}`;
    return within(this.all(source, events, this.clock.now() + limitMs, new TimedOutError(what, limitMs)), limitMs, this.clock, what);
  }

  private async all(source: Source, events: readonly InboundEvent[], until: number, late: TimedOutError): Promise<void> {
    for (let at = 0; at < events.length; at += atOnce) {
      // Whoever asked has been told already that it took too long: nothing more is begun.
      if (this.clock.now() >= until) throw late;
      await Promise.all(events.slice(at, at + atOnce).map((event) => this.one(source, event)));
    }
  }

  private async one(source: Source, event: InboundEvent): Promise<void> {
    try {
      await this.acceptEvent.accept(source, event);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.metrics.rejected(source.name, error.status, error.code);
      this.logger.warn({ code: error.code, source: source.name, tenant: source.tenant, reason: error.message }, 'an item can never be accepted and is left out');
    }
  }
}
