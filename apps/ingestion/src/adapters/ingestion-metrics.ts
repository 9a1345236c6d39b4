// SPDX-License-Identifier: Apache-2.0
import { Metrics } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import type { Room } from '../domain/room.js';

/** What ingestion counts. Labels are names of configured sources and reason codes; what is asked for beside is `unknown`. */
@Injectable()
export class IngestionMetrics {
  private readonly acceptedTotal;
  private readonly duplicateTotal;
  private readonly rejectedTotal;
  private readonly schemaFailures;
  private readonly seconds;
  private readonly polls;
  private readonly missedTicks;

  constructor(private readonly metrics: Metrics) {
    this.acceptedTotal = metrics.counter('signals_accepted_total', 'Signals that Kafka acknowledged', ['source']);
    this.duplicateTotal = metrics.counter('signals_duplicate_total', 'Events that came again and made no second signal', ['source']);
    this.rejectedTotal = metrics.counter('signals_rejected_total', 'Events that were not accepted', ['source', 'reason']);
    this.schemaFailures = metrics.counter('signals_schema_failures_total', 'Events that were no valid JSON or no valid CloudEvent', ['source']);
    this.seconds = metrics.histogram('signal_acknowledge_seconds', 'Time from a request or an item in hand to its acknowledgement by Kafka', ['source']);
    this.missedTicks = metrics.counter('schedule_ticks_missed_total', 'Ticks that nobody fired in time and that were left out', ['source']);
    this.polls = metrics.counter('feed_polls_total', 'Polls of feeds', ['source', 'result']);
  }

  accepted(source: string, duplicate: boolean, seconds: number): void {
    (duplicate ? this.duplicateTotal : this.acceptedTotal).inc({ source });
    this.seconds.observe({ source }, seconds);
  }

  rejected(source: string | undefined, status: number, reason: string): void {
    const label = source ?? 'unknown';
    this.rejectedTotal.inc({ source: label, reason });
    if (status === 400) this.schemaFailures.inc({ source: label });
  }

  polled(source: string, result: string): void {
    this.polls.inc({ source, result });
  }

  missed(source: string, ticks: number): void {
    this.missedTicks.inc({ source }, ticks);
  }

  watch(room: Room): void {
    this.metrics.gauge('signals_in_hand', 'Events taken in and not acknowledged', [], (gauge) => gauge.set(room.inHand.records));
    this.metrics.gauge('signals_in_hand_bytes', 'Bytes of their bodies', [], (gauge) => gauge.set(room.inHand.bytes));
  }
}
