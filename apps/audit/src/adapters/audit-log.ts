// SPDX-License-Identifier: Apache-2.0
// The log with everything that belongs to it, from taking it over to letting it go.
import { join } from 'node:path';
import { type Checkpoint, emptyRoot, readTile, tileWidth } from '@nervus/transparency-log';
import { base64url } from '@nervus/trust';
import { LogFolder } from '@nervus/verifier';
import type { Clock } from '@nervus/messaging';
import { FindingRaised, derivedId } from '@nervus/contracts';
import { Forgeries } from '../domain/forgeries.js';
import type { FindingLedger, Told } from '../domain/finding-ledger.js';
import { GapWatch } from '../domain/gap-watch.js';
import type { PartitionProgress } from '../domain/partition-progress.js';
import { LogWriter } from '../use-cases/append-records.js';
import { SignCheckpoint } from '../use-cases/sign-checkpoint.js';
import { WatchLog } from '../use-cases/watch-log.js';
import { type Head, type HeadStore, leaseMs } from './head-store.js';
import { Journal, newestFence } from './journal.js';
import { LogFiles } from './log-files.js';
import type { LogKey } from './log-key.js';
import { openLog } from './open-log.js';
import { type EventPublisher, Receipts } from './receipts.js';
import { LogRefused } from './errors.js';

export interface AuditLogOptions {
  /** Folder of the log. */
  readonly folder: string;
  readonly key: LogKey;
  readonly head: HeadStore;
  readonly topicPrefix: string;
  /** Physical names of the topics that are captured. */
  readonly captured: readonly string[];
  readonly progress: PartitionProgress;
  readonly events: EventPublisher;
  /** The newest checkpoint of this log on Kafka, its note verified. */
  readonly newestOnKafka: () => Promise<Checkpoint | undefined>;
  readonly askEnds: (topics: readonly string[]) => Promise<void>;
  readonly clock: Clock;
  /** What the log waits for, for the health of the process; null when it goes well again. */
  readonly onProblem: (what: 'append' | 'files', problem: string | null) => void;
  readonly onFatal: (error: Error) => void;
  readonly observer?: LogObserver;
  /** Entries in one append. @default 512 */
  readonly maxBatch?: number;
  /** Milliseconds that an append waits for company. @default 10 */
  readonly lingerMs?: number;
  /** Milliseconds for which a number may be missing after all partitions were read. @default 30000 */
  readonly gapAfterMs?: number;
}

/** Told of what the log does. */
export interface LogObserver {
  appended(entries: number): void;
  found(rule: string): void;
}

export class AuditLog {
  private constructor(
    private readonly options: AuditLogOptions,
    private readonly fence: number,
    private readonly journal: Journal,
    private readonly files: LogFiles,
    readonly ledger: FindingLedger,
    readonly forgeries: Forgeries,
    readonly writer: LogWriter,
    readonly checkpoints: SignCheckpoint,
    readonly watch: WatchLog,
  ) {}

  /**
   * Takes the log over and finds it again.
   * @throws LogRefused when another process holds it, or when it is not what it must be
   */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const { folder, key, clock } = options;
    const head = await acquire(options);
    const fence = head.fence;
    const pause = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));
    let bundled = (_index: number): Promise<void> => Promise.resolve();
    const files = new LogFiles({ folder, signer: key.signer, pause: () => pause(500), onProblem: (error) => options.onProblem('files', error ? error.message : null), onBundled: (index) => bundled(index) });
    const commit = options.head.commit.bind(options.head, fence);
    const opened = await openLog({ folder, topicPrefix: options.topicPrefix, head, verifierKey: key.signer.verifierKey, onKafka: await options.newestOnKafka(), files, commit });
    const journal = await Journal.open(join(folder, 'journal'), fence);
    const receipts = new Receipts(options.events);
    const { state, ledger, frontier, recent } = opened;
    const checkpoints = new SignCheckpoint({ files, signer: key.signer, events: options.events, now: () => clock.now(), published: opened.published });
    const writer = new LogWriter({
      state, ledger, frontier, recent, commit, pause, steady: () => performance.now(),
      journal: (frame) => journal.append(frame),
      receipt: (first, lines, intents) => receipts.publish(first, lines, intents),
      publish: (entries, noteworthy) => {
        files.add(entries);
        options.observer?.appended(entries.length);
        if (noteworthy) checkpoints.noteworthy();
      },
      leafAt: leafReader(folder),
      onProblem: (error) => options.onProblem('append', error ? error.message : null),
      onFatal: options.onFatal,
      ...(options.maxBatch !== undefined && { maxBatch: options.maxBatch }), ...(options.lingerMs !== undefined && { lingerMs: options.lingerMs }),
    });
    bundled = async (index) => {
      writer.bundled(index);
      await journal.dropBelow(index);
    };
    for (const { first, lines } of opened.unreceipted) await receipts.publish(first, lines, []);
    const forgeries = new Forgeries();
    const watch = new WatchLog({
      writer, state, ledger, forgeries, gaps: new GapWatch(options.gapAfterMs), progress: options.progress, captured: options.captured,
      physical: ({ name }) => options.topicPrefix + name, askEnds: options.askEnds, publish: (findings) => publishFindings(options, findings), now: () => clock.now(),
    });
    writer.start();
    return new AuditLog(options, fence, journal, files, ledger, forgeries, writer, checkpoints, watch);
  }

  /** Holds the log for another lease; to be called well within {@link leaseMs}. */
  renew(): Promise<void> {
    return this.options.head.renew(this.fence);
  }

  /** Finishes what was handed in, signs a last checkpoint over it and lets the log go. */
  async close(): Promise<void> {
    await this.writer.stop();
    await this.checkpoints.sign(true);
    await this.files.settled();
    await this.journal.close();
    await this.options.head.release(this.fence);
  }
}

/** Waits for a predecessor that was killed, not for one that lives. */
async function acquire({ head, clock, folder }: AuditLogOptions): Promise<Head> {
  const above = await newestFence(join(folder, 'journal'));
  const until = clock.now() + 2 * leaseMs;
  for (;;) {
    const taken = await head.acquire(base64url(emptyRoot), above);
    if (taken) return taken;
    if (clock.now() >= until) throw new LogRefused('lease_lost', 'another process writes this log and goes on renewing its lease: a log has one writer, stop the other one first');
    await new Promise<void>((resolve) => clock.after(500, resolve));
  }
}

/** Reads leaf hashes back from full level-0 tiles. */
function leafReader(folder: string): (index: number) => Promise<string> {
  const reader = new LogFolder(folder);
  return async (index) => {
    const hashes = await readTile(reader, { level: 0, index: Math.floor(index / tileWidth), width: tileWidth });
    const hash = hashes[index % tileWidth];
    if (!hash) throw new TypeError(`a full tile has no hash ${index % tileWidth}`);
    return base64url(hash);
  };
}

async function publishFindings({ events, clock, observer }: AuditLogOptions, findings: readonly Told[]): Promise<void> {
  const at = new Date(clock.now()).toISOString();
  await events.publish(findings.map((finding) => events.of(FindingRaised, { key: finding.findingId, id: derivedId('finding', finding.findingId, finding.status), data: { ...finding, indexes: [...finding.indexes], at } })));
  for (const { rule } of findings) observer?.found(rule);
}
