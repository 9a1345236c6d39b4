// SPDX-License-Identifier: Apache-2.0
// The one writer of the log. Invariant: entries get their index in the order in which they are formed into an append; an
// append is journalled and flushed, then committed by compare-and-set, then receipted on Kafka, then told to whoever
// handed it in; appends pass each of these steps in their order. What fails is tried again with the identical append, so
// that nothing has to be taken back: a process that dies in between leaves what the next one finishes or finds undone.
import { Frontier } from '@nervus/transparency-log';
import { type Finding, isHeartbeat } from '@nervus/verifier';
import { base64url } from '@nervus/trust';
import type { Committed } from '../adapters/head-store.js';
import type { Frame, JournalRecord } from '../adapters/journal-frames.js';
import type { LoggedEntry } from '../adapters/log-files.js';
import type { ReceiptedIntent, ReceiptLine } from '../adapters/receipts.js';
import type { Candidate } from '../domain/candidate.js';
import { equivocation, type FindingLedger, violation } from '../domain/finding-ledger.js';
import { isIntent, type LogState } from '../domain/log-state.js';
import type { PartitionProgress } from '../domain/partition-progress.js';
import { WaitingRoom } from '../domain/waiting-room.js';
import { WithheldReceipts } from '../domain/withheld-receipts.js';

export interface LogWriterOptions {
  readonly state: LogState;
  readonly ledger: FindingLedger;
  readonly frontier: Frontier;
  /** Leaves of the entries that are in no full bundle. */
  readonly recent: ReadonlyMap<number, string>;
  /** Writes one append and flushes it; may be tried again with the same. */
  readonly journal: (frame: Frame) => Promise<void>;
  /** Moves the head. @throws an error that is not retryable when this process may no longer write */
  readonly commit: (from: number, next: Committed) => Promise<void>;
  readonly receipt: (first: number, lines: readonly ReceiptLine[], intents: readonly ReceiptedIntent[]) => Promise<void>;
  /** Takes receipted entries into the files; `noteworthy` when they are more than signs of life. */
  readonly publish: (entries: readonly LoggedEntry[], noteworthy: boolean) => void;
  /** base64url leaf hash of an entry that is in full bundles. */
  readonly leafAt: (index: number) => Promise<string>;
  readonly pause: (ms: number) => Promise<void>;
  /** Milliseconds by a clock that cannot be set. */
  readonly steady: () => number;
  /** Told of a step that failed and is tried again; undefined when it went well. */
  readonly onProblem: (error: Error | undefined) => void;
  /** The writer cannot go on. */
  readonly onFatal: (error: Error) => void;
  /** Entries in one append. @default 512 */
  readonly maxBatch?: number;
  /** Milliseconds that an append waits for company. @default 10 */
  readonly lingerMs?: number;
}

interface Pending {
  readonly candidate: Candidate;
  readonly done: PromiseWithResolvers<void>;
}

/** An entry with its index. */
interface Formed extends Pending {
  readonly index: number;
  readonly intent: ReceiptedIntent | undefined;
}

interface Append {
  readonly first: number;
  readonly entries: readonly Formed[];
  /** Records that were in the log already: told when everything before them is. */
  readonly again: readonly Pending[];
  readonly intentsAgain: readonly ReceiptedIntent[];
}

/** Appends that are committed and whose receipts are on their way. */
const maxReceipting = 4;

export class LogWriter {
  readonly waiting: WaitingRoom;
  readonly withheld: WithheldReceipts;
  /** Entries that are receipted: what a checkpoint may cover. */
  receipted: number;
  private next: number;
  private queue: Pending[] = [];
  private wake: (() => void) | undefined;
  private receipting: Promise<void> = Promise.resolve();
  private receiptsInFlight = 0;
  private readonly pendingOf = new Map<Candidate, Pending>();
  private readonly givenUp = new Set<Candidate>();
  private readonly unsettled = new Set<Pending['done']>();
  /** Leaves that are not in full bundles yet. */
  private readonly recent: Map<number, string>;
  private running: Promise<void> | undefined;
  private stopping = false;
  private failure: Error | undefined;

  constructor(private readonly options: LogWriterOptions) {
    this.next = options.frontier.size;
    this.receipted = this.next;
    this.recent = new Map(options.recent);
    this.waiting = new WaitingRoom(options.steady);
    this.withheld = new WithheldReceipts(options.state);
  }

  /** Entries that are committed or about to be. */
  get size(): number {
    return this.next;
  }

  start(): void {
    this.running ??= this.run().catch((error: Error) => this.fail(error));
  }

  /** Resolves when the record is in the log and receipted, or is known to need no entry of its own. */
  submit(candidate: Candidate): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    const pending: Pending = { candidate, done: Promise.withResolvers<void>() };
    this.unsettled.add(pending.done);
    // Nobody may be listening any more when the partition was taken away.
    pending.done.promise.catch(() => undefined);
    this.enqueue([pending]);
    return pending.done.promise;
  }

  /** Ends waits whose predecessor will not come; those records, of which it gives the number, are appended as they are. */
  giveUpWaiting(progress: PartitionProgress, topicOf: (kind: 'decision' | 'intent') => string): number {
    const given = this.waiting.giveUp((kind, moment) => progress.isPast(topicOf(kind), moment));
    for (const candidate of given) this.givenUp.add(candidate);
    this.enqueue(given.flatMap((candidate) => this.pendingOf.get(candidate) ?? []));
    return given.length;
  }

  /** Issues the receipts that were withheld and need no longer be. */
  async releaseWithheld(distrusted: ReadonlySet<string>): Promise<void> {
    const intents = this.withheld.look(distrusted);
    if (intents.length > 0) await this.untilDone(() => this.options.receipt(0, [], intents));
  }

  /** Forgets what is needed only for entries that are not in full bundles. */
  bundled(end: number): void {
    for (const index of this.recent.keys()) {
      if (index >= end) break;
      this.recent.delete(index);
    }
  }

  /** Takes nothing more; resolves when all appends are receipted. Records that wait for others stay unfinished. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake?.();
    await this.running;
    await this.receipting;
  }

  private enqueue(pending: readonly Pending[]): void {
    this.queue.push(...pending);
    if (this.queue.length > 0) this.wake?.();
  }

  private async run(): Promise<void> {
    const { maxBatch = 512, lingerMs = 10 } = this.options;
    while (!this.failure) {
      if (this.queue.length === 0) {
        if (this.stopping) return;
        await new Promise<void>((resolve) => (this.wake = resolve));
        this.wake = undefined;
        continue;
      }
      if (this.queue.length < maxBatch && lingerMs > 0 && !this.stopping) await this.options.pause(lingerMs);
      const append = await this.form(this.queue.splice(0, maxBatch));
      await this.write(append);
      this.receiptsInFlight++;
      this.receipting = this.receipting.then(() => this.tell(append)).catch((error: Error) => this.fail(error));
      if (this.receiptsInFlight >= maxReceipting) await this.receipting;
    }
  }

  /** Decides on each record in turn, and on those that it releases right after it. */
  private async form(taken: readonly Pending[]): Promise<Append> {
    const { state, ledger } = this.options;
    const first = this.next;
    const entries: Formed[] = [];
    const again: Pending[] = [];
    const intentsAgain: ReceiptedIntent[] = [];
    const work = taken.toReversed();
    for (let pending = work.pop(); pending; pending = work.pop()) {
      const { candidate } = pending;
      const admission = state.admit(candidate);
      const waits = admission.state === 'waits' && !this.givenUp.delete(candidate);
      if (admission.state === 'known') {
        again.push(pending);
        const { facts, leaf } = candidate;
        if ((await this.leafAt(admission.index)) !== leaf) {
          state.equivocated(facts);
          ledger.say(equivocation(admission.index, facts.producer, facts.epoch, facts.n, leaf));
        } else if (this.deservesReceipt(candidate, [])) intentsAgain.push({ candidate, index: admission.index });
      } else if (waits) {
        this.pendingOf.set(candidate, pending);
        this.waiting.wait(candidate, admission.on);
      } else {
        this.pendingOf.delete(candidate);
        const index = this.next++;
        this.recent.set(index, candidate.leaf);
        const findings = state.appended(candidate, index);
        for (const finding of findings) ledger.say(violation(finding));
        const intent = admission.state === 'append' && this.deservesReceipt(candidate, findings) ? { candidate, index } : undefined;
        entries.push({ ...pending, index, intent });
        for (const released of this.waiting.arrived(candidate.leaf).toReversed()) {
          const waiter = this.pendingOf.get(released);
          if (waiter) work.push(waiter);
        }
      }
    }
    return { first, entries, again, intentsAgain };
  }

  private deservesReceipt(candidate: Candidate, findings: readonly Finding[]): boolean {
    return isIntent(candidate.facts) && candidate.data !== undefined && candidate.data !== null && !candidate.problem && findings.length === 0;
  }

  private async write({ first, entries }: Append): Promise<void> {
    if (entries.length === 0) return;
    const { frontier, state } = this.options;
    for (const { candidate } of entries) frontier.append(candidate.leafHash);
    const frame: Frame = { first, records: entries.map(({ candidate }) => recordOf(candidate)) };
    const watermarks = [...state.sequences.states()].filter((process) => process.state === 'open').map(({ producer, epoch, watermark }) => [`${producer} ${epoch}`, watermark] as const);
    const next: Committed = { size: frontier.size, root: base64url(frontier.root()), frontier: frontier.state().hashes.map(base64url), watermarks };
    await this.untilDone(() => this.options.journal(frame));
    await this.untilDone(() => this.options.commit(first, next));
  }

  private async tell({ first, entries, again, intentsAgain }: Append): Promise<void> {
    const { receipt, publish } = this.options;
    const intents = this.withheld.sift([...entries.flatMap(({ intent }) => intent ?? []), ...intentsAgain]);
    const lines = entries.map(({ candidate }) => ({ leaf: candidate.leaf, origin: candidate.origin }));
    if (lines.length > 0 || intents.length > 0) await this.untilDone(() => receipt(first, lines, intents));
    publish(entries.map(({ candidate }) => ({ ...recordOf(candidate), leafHash: candidate.leafHash })), entries.some(({ candidate }) => !isHeartbeat(candidate.facts.type)));
    this.receipted += entries.length;
    this.receiptsInFlight--;
    for (const { done } of [...entries, ...again]) {
      done.resolve();
      this.unsettled.delete(done);
    }
  }

  /** A full disk, a database or a broker that is away: nothing is lost by waiting. */
  private async untilDone(step: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await step();
        this.options.onProblem(undefined);
        return;
      } catch (thrown) {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        this.options.onProblem(error);
        if ('retryable' in error && error.retryable === false) throw error;
        if (this.stopping) throw error;
        await this.options.pause(500);
      }
    }
  }

  private leafAt(index: number): Promise<string> {
    const recent = this.recent.get(index);
    return recent === undefined ? this.options.leafAt(index) : Promise.resolve(recent);
  }

  private fail(error: Error): void {
    if (this.failure) return;
    this.failure = error;
    for (const done of this.unsettled) done.reject(error);
    this.options.onFatal(error);
  }
}

const recordOf = ({ bytes, origin, value }: Candidate): JournalRecord => ({ entry: bytes, payload: { partition: origin.partition, offset: origin.offset, appendedAt: origin.appendedAt, value } });
