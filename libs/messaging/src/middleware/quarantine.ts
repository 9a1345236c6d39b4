// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { type DataOf, type ServiceName, derivedId, ownTopics } from '@nervus/contracts';
import { within } from '../bounded.js';
import type { Clock } from '../clock.js';
import { UntrustedRecordError } from '../errors.js';
import { eventOf } from '../event-factory.js';
import type { OutgoingEvent } from '../event.js';
import type { InboundRecord } from '../port.js';
import { type PipelineObserver, problemOf } from './observer.js';
import type { Middleware } from './step.js';

export interface QuarantineOptions {
  readonly service: ServiceName;
  readonly groupId: string;
  readonly clock: Clock;
  readonly observer: Pick<PipelineObserver, 'quarantined'>;
  readonly publish: (events: readonly OutgoingEvent[]) => Promise<unknown>;
  /** Reports in one window; further ones are counted. @default 20 */
  readonly maxReports?: number;
  /** Milliseconds. @default 10000 */
  readonly windowMs?: number;
  /** Milliseconds that a report may hold up its lane. @default 5000 */
  readonly publishMs?: number;
}

/** Reports records that no one may act upon. Shared by everything in a process that refuses records. */
export class Quarantine {
  private readonly type: ReturnType<typeof ownTopics>['RecordQuarantined'];
  private windowEnds = 0;
  private reports = 0;
  private suppressed = 0;
  private last: { readonly record: InboundRecord; readonly error: UntrustedRecordError } | undefined;

  constructor(private readonly options: QuarantineOptions) {
    this.type = ownTopics(options.service).RecordQuarantined;
  }

  /** Resolves when Kafka has the report, when it takes too long, or at once beyond the rate limit. Never rejects. */
  async report(record: InboundRecord, error: UntrustedRecordError): Promise<void> {
    const { clock, observer, maxReports = 20, windowMs = 10_000 } = this.options;
    const problem = problemOf(record, error.code, error.message);
    if (clock.now() >= this.windowEnds) {
      this.windowEnds = clock.now() + windowMs;
      this.reports = 0;
    }
    if (this.reports >= maxReports) {
      observer.quarantined(problem, false);
      if (this.suppressed++ === 0) clock.after(this.windowEnds - clock.now(), () => void this.reportSuppressed());
      this.last = { record, error };
      return;
    }
    this.reports++;
    observer.quarantined(problem, true);
    await this.publish(record, error, this.suppressed);
  }

  /** The number of those beyond the limit would be lost if none came after them: the last of them carries it. */
  private async reportSuppressed(): Promise<void> {
    const { last } = this;
    if (last) await this.publish(last.record, last.error, this.suppressed - 1);
  }

  private async publish(record: InboundRecord, error: UntrustedRecordError, suppressed: number): Promise<void> {
    const { clock, publish, publishMs = 5000, groupId } = this.options;
    this.suppressed = 0;
    this.last = undefined;
    const { kid } = error.details;
    const data: DataOf<ReturnType<typeof ownTopics>['RecordQuarantined']> = {
      topic: record.topic,
      partition: record.partition,
      offset: String(record.offset),
      appendedAt: new Date(record.timestamp).toISOString(),
      group: groupId,
      keyDigest: digest(record.key),
      valueDigest: digest(record.value),
      ...(typeof kid === 'string' ? { kid: kid.slice(0, 100) } : {}),
      code: error.code,
      detail: error.message.slice(0, 1000),
      suppressed,
    };
    const id = derivedId('quarantined', groupId, record.topic, String(record.partition), String(record.offset));
    const report = eventOf(this.type, { key: record.topic, id, data }, clock);
    await within(publish([report]), publishMs, clock, 'the quarantine report').catch(() => undefined);
  }
}

/** What is not to be trusted is reported and finished: it is never acted upon and blocks nothing. */
export const quarantine =
  (into: Pick<Quarantine, 'report'>): Middleware =>
  (next) =>
  async (delivery) => {
    try {
      await next(delivery);
    } catch (error) {
      if (!(error instanceof UntrustedRecordError)) throw error;
      await into.report(delivery.record, error);
    }
  };

const digest = (bytes: Buffer | null): string => createHash('sha256').update(bytes ?? '').digest('base64url');
