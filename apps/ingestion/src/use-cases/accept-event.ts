// SPDX-License-Identifier: Apache-2.0
import { SignalAccepted } from '@nervus/contracts';
import { type OutgoingEvent, PermanentError } from '@nervus/messaging';
import { Events, ServiceClock, ServiceLogger } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { type InboundEvent, Refusal, type Signal, signalOf, type Source } from '@nervus/sources';
import { IngestionMetrics } from '../adapters/ingestion-metrics.js';
import { IngestionStores } from '../adapters/ingestion-stores.js';
import { traced } from '../adapters/trace.js';
import { Window } from '../domain/memory.js';

/** What the sender is told. A repeat is told the same id. */
export interface Acceptance {
  readonly id: string;
  /** The event had been accepted before: no second signal was made. */
  readonly duplicate: boolean;
}

/** An event of the outside is to become a signal, once, and nobody is told so before Kafka has it. */
@Injectable()
export class AcceptEvent {
  constructor(
    private readonly stores: IngestionStores,
    private readonly events: Events,
    private readonly clock: ServiceClock,
    private readonly metrics: IngestionMetrics,
    private readonly window: Window,
    private readonly logger: ServiceLogger,
  ) {}

  /**
   * Resolves when Kafka acknowledged the signal of this event, or of the first one like it.
   * @param traceparent trace that the sender says the event belongs to
   * @throws Refusal 400, 413 or 422 when no signal can be made of it; UnavailableError when database or broker are away: it
   * may then have been stored all the same, and a repeat finds it
   */
  async accept(source: Source, event: InboundEvent, traceparent?: string): Promise<Acceptance> {
    return this.publish(source, signalOf(source, event), event.hops, traceparent);
  }

  /** The same for a signal that was made already. */
  async publish(source: Source, signal: Signal, hops: number | undefined, traceparent: string | undefined): Promise<Acceptance> {
    const startedAt = this.clock.now();
    return traced(source, traceparent, async (own) => {
      const outgoing = this.recordOf(source, signal, hops, own);
      const state = { signalId: signal.id, forgetAt: startedAt + this.window.ms };
      const applied = await this.stores.events.apply(signal.memoryId, signal.id, (current) => (current ? 'unchanged' : { state, events: [outgoing] }), { until: 'published', expectNew: true });
      const duplicate = applied.outcome !== 'applied';
      this.metrics.accepted(source.name, duplicate, (this.clock.now() - startedAt) / 1000);
      this.logger.debug({ source: source.name, tenant: source.tenant, signal: signal.id, duplicate }, 'accepted');
      return { id: signal.id, duplicate };
    });
  }

  private recordOf(source: Source, signal: Signal, hops: number | undefined, traceparent: string | undefined): OutgoingEvent {
    const { id, subject, data } = signal;
    try {
      const outgoing = this.events.of(SignalAccepted, { tenant: source.tenant, key: subject, id, subject, data, ...(traceparent !== undefined && { traceparent }) });
      // An event that came from Nervus by way of others counts on, so that a circle ends.
      return hops === undefined ? outgoing : { ...outgoing, hops: hops + 1 };
    } catch (error) {
      if (error instanceof PermanentError) throw new Refusal(400, 'event_invalid', `No signal can be made of this event: ${error.message}`);
      throw error;
    }
  }
}
