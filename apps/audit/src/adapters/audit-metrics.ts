// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@nervus/messaging';
import type { Metrics } from '@nervus/service-kit';
import type { AuditLog, LogObserver } from './audit-log.js';

/** What an operator watches of the log. */
export class AuditMetrics implements LogObserver {
  private readonly records;
  private readonly entries;
  private readonly findings;
  private readonly receipts;

  constructor(private readonly metrics: Metrics) {
    this.records = metrics.counter('captured_records_total', 'Records read, by what became of them', ['outcome']);
    this.entries = metrics.counter('log_entries_total', 'Entries appended to the log and receipted');
    this.findings = metrics.counter('findings_total', 'Findings told, by rule', ['rule']);
    this.receipts = metrics.histogram('receipt_seconds', 'From the append of a record by the broker to its receipt');
  }

  record(outcome: 'captured' | 'undecodable' | 'forged'): void {
    this.records.inc({ outcome });
  }

  appended(entries: number): void {
    this.entries.inc(entries);
  }

  found(rule: string): void {
    this.findings.inc({ rule });
  }

  /** Measures how long a record takes to its receipt. */
  async receipted(appendedAt: number, clock: Clock, submitted: Promise<void>): Promise<void> {
    await submitted;
    this.receipts.observe(Math.max(0, clock.now() - appendedAt) / 1000);
  }

  /** Gauges over a log that is open. */
  watch(log: AuditLog): void {
    this.metrics.gauge('log_size', 'Entries in the log', [], (gauge) => gauge.set(log.writer.size));
    this.metrics.gauge('log_checkpoint_size', 'Entries under the newest checkpoint', [], (gauge) => gauge.set(log.checkpoints.published));
    this.metrics.gauge('withheld_receipts', 'Intents without a receipt because their producer has a gap or said two things', [], (gauge) => gauge.set(log.writer.withheld.count));
    this.metrics.gauge('waiting_records', 'Records that wait for the one that they name', [], (gauge) => gauge.set(log.writer.waiting.size));
    this.metrics.gauge('open_findings', 'Findings that are open', [], (gauge) => gauge.set(log.ledger.open().length));
  }
}
