// SPDX-License-Identifier: Apache-2.0
// The log in a running process: opened in the background once the group is joined, kept by its own timers, and closed
// when everything that Kafka had is in it. Until it is open, records wait and nothing is served.
import { join } from 'node:path';
import { allTopics, physicalName, readingOf } from '@nervus/contracts';
import { createInspector, type InboundRecord, type Lease, type Subscription, within } from '@nervus/messaging';
import type { Kit, KitConfig } from '@nervus/service-kit';
import { RecordVerifier } from '@nervus/trust';
import type { AuditConfig } from '../config.js';
import { PartitionProgress } from '../domain/partition-progress.js';
import { CaptureRecords } from '../use-cases/capture-records.js';
import { AuditLog } from './audit-log.js';
import { AuditMetrics } from './audit-metrics.js';
import { headCollection, HeadStore } from './head-store.js';
import { openLogKey } from './log-key.js';
import { PartitionEnds } from './partition-ends.js';
import { newestPublished } from './published-checkpoints.js';

const everySecond = 1000;
/** A third of the lease. */
const renewEveryMs = 3000;
/** Milliseconds for the last checkpoint and what is before it. */
const closeMs = 15_000;

export class RunningLog {
  readonly progress = new PartitionProgress();
  readonly metrics: AuditMetrics;
  private readonly ends: PartitionEnds;
  private readonly head: HeadStore;
  private readonly captured: readonly string[];
  private readonly cancels = new Set<() => void>();
  private readonly loops: Promise<void>[] = [];
  private closing = false;
  private failed = false;
  private opened: Promise<{ readonly log: AuditLog; readonly capture: CaptureRecords }> | undefined;

  constructor(
    private readonly config: AuditConfig & KitConfig,
    private readonly kit: Kit,
  ) {
    this.metrics = new AuditMetrics(kit.metrics);
    this.ends = new PartitionEnds(kit.client, this.progress, () => kit.clock.now());
    this.head = new HeadStore(kit.stores.collection(headCollection), kit.identity.epoch, () => kit.clock.now());
    this.captured = allTopics.filter((declaration) => declaration.audited && readingOf(declaration, 'audit') !== undefined).map((declaration) => physicalName(declaration, config.topicPrefix));
    kit.health.set('log', 'the log is not open yet');
  }

  /** Begins to open the log; gives what the engine is to hand over. */
  subscriptions(): Subscription[] {
    this.opened = this.open();
    this.opened.catch((error: Error) => this.fail(error));
    return this.captured.map((topic) => ({ topic, from: 'beginning', handle: { batch: (records, lease) => this.handle(records, lease) } }));
  }

  /** The log, once it is open; undefined while it is not. */
  get isOpen(): boolean {
    return this.opened !== undefined && !this.closing;
  }

  /** Resolves when everything that Kafka holds now is in the log, or after so many milliseconds. Never rejects. */
  async readToEnd(limitMs: number): Promise<void> {
    const { clock, logger } = this.kit;
    const asked = { appendedAt: clock.now(), steady: performance.now() };
    let unanswered: unknown;
    const reading = async (): Promise<void> => {
      await this.opened;
      while (!this.closing && !this.failed) {
        // Just after topics were looked up for the first time, the client may not know the leader of each yet.
        await this.ends.ask(this.captured).then(() => (unanswered = undefined), (error: unknown) => (unanswered = error));
        if (this.captured.every((topic) => this.progress.isPast(topic, asked))) return;
        await this.pause(100);
      }
    };
    await within(reading(), limitMs, clock, 'reading to the end').catch((error: unknown) => logger.warn({ err: unanswered ?? error, code: 'stopped_before_end' }, 'not everything that Kafka holds is in the log; the next start goes on from here'));
  }

  /** Signs the last checkpoint and lets the log go. Never rejects: what could not be finished, the next start finishes. */
  async close(): Promise<void> {
    const { clock, logger } = this.kit;
    this.closing = true;
    for (const cancel of this.cancels) cancel();
    const closing = async (): Promise<void> => {
      const { log } = (await this.opened) ?? {};
      await Promise.all(this.loops);
      await log?.watch.tell();
      await log?.close();
      await this.ends.close();
    };
    await within(closing(), closeMs, clock, 'closing the log').catch((error: unknown) => logger.warn({ err: error, code: 'log_not_closed' }, 'the log could not be closed cleanly; the next start finishes what is left'));
  }

  private fail(error: Error): void {
    this.failed = true;
    this.kit.fatal(error);
  }

  private async handle(records: readonly InboundRecord[], lease: Lease): Promise<void> {
    if (!this.opened) throw new TypeError('records came before the log was asked for');
    const { capture } = await this.opened;
    await capture.handle(records, lease);
  }

  private async open(): Promise<{ readonly log: AuditLog; readonly capture: CaptureRecords }> {
    const { config, kit, ends, head, captured, progress } = this;
    const { clock, events, directory, tables, health, logger } = kit;
    const { topicPrefix } = config;
    const key = await openLogKey(config.logKeyFolder, config.logOrigin);
    await ends.begin(topicPrefix + kit.service, captured);
    const log = await AuditLog.open({
      folder: config.logFolder, key, head, topicPrefix, captured, progress, events, clock,
      newestOnKafka: () => newestPublished({ client: kit.client, topicPrefix, verifierKey: key.signer.verifierKey, clock }),
      askEnds: async (topics) => void (await ends.ask(topics)),
      onProblem: (what, problem) => health.set(`log ${what}`, problem),
      onFatal: (error) => this.fail(error),
      maxBatch: config.appendEntries, lingerMs: config.appendLingerMs, gapAfterMs: config.gapSeconds * 1000,
      observer: this.metrics,
    });
    const verifier = new RecordVerifier({ directory, topicPrefix, subscribes: () => false });
    const capture = new CaptureRecords({
      inspect: createInspector({ verifier, clock, catchUp: () => tables.catchUp() }),
      submit: (candidate) => this.metrics.receipted(candidate.origin.appendedAt, clock, log.writer.submit(candidate)),
      forgeries: log.forgeries, ledger: log.ledger, progress, topicPrefix, now: () => clock.now(), count: (outcome) => this.metrics.record(outcome),
    });
    this.metrics.watch(log);
    this.every('renew-lease', renewEveryMs, () => log.renew());
    this.every('watch-log', everySecond, () => log.watch.look());
    this.every('sign-checkpoint', everySecond, () => log.checkpoints.sign());
    health.set('log', null);
    logger.info({ entries: log.writer.size, origin: config.logOrigin, folder: config.logFolder, policy: join(config.logKeyFolder, 'log-policy') }, 'the log is open');
    return { log, capture };
  }

  /** One run is over before the next begins; a failed one is told of and tried again, unless it cannot ever succeed. */
  private every(name: string, ms: number, run: () => Promise<void>): void {
    const { logger } = this.kit;
    const loop = async (): Promise<void> => {
      while (!this.closing) {
        await this.pause(ms);
        if (this.closing) return;
        try {
          await run();
        } catch (error) {
          const thrown = error instanceof Error ? error : new Error(String(error));
          if ('retryable' in thrown && thrown.retryable === false) return this.fail(thrown);
          logger.warn({ err: thrown, code: 'log_task_failed', task: name }, 'a task of the log failed and is made again');
        }
      }
    };
    this.loops.push(loop());
  }

  /** Ends early when the log is closed. */
  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        this.cancels.delete(end);
        resolve();
      };
      const cancel = this.kit.clock.after(ms, end);
      this.cancels.add(end);
    });
  }
}
