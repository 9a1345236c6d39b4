// SPDX-License-Identifier: Apache-2.0
// What only time can tell: that a predecessor will not come, that a hole is a gap, that an intent has no outcome, that a
// producer is silent. Nothing here asks Kafka for anything while there is nothing to find out.
import { topics } from '@nervus/contracts';
import type { Finding } from '@nervus/verifier';
import { type FindingLedger, gapFinding, silence, violation } from '../domain/finding-ledger.js';
import type { Forgeries } from '../domain/forgeries.js';
import type { GapWatch } from '../domain/gap-watch.js';
import type { LogState } from '../domain/log-state.js';
import type { PartitionProgress } from '../domain/partition-progress.js';
import type { LogWriter } from './append-records.js';

export interface WatchOptions {
  readonly writer: LogWriter;
  readonly state: LogState;
  readonly ledger: FindingLedger;
  readonly forgeries: Forgeries;
  readonly gaps: GapWatch;
  readonly progress: PartitionProgress;
  /** Physical names of all topics that are captured. */
  readonly captured: readonly string[];
  readonly physical: (topic: { readonly name: string }) => string;
  /** Asks for the ends of these topics and puts them into the progress. */
  readonly askEnds: (topics: readonly string[]) => Promise<void>;
  /** Publishes findings; resolves when Kafka acknowledged them. */
  readonly publish: (findings: ReturnType<FindingLedger['pending']>) => Promise<void>;
  readonly now: () => number;
}

/** Three heartbeats of an idle process, in milliseconds. */
const silentAfterMs = 180_000;

/** Codes of findings that a later record may resolve. */
const resolvable: ReadonlySet<string> = new Set(['decision_missing', 'intent_missing', 'outcome_missing']);

export class WatchLog {
  private round = 0;
  private rulesDue = false;

  constructor(private readonly options: WatchOptions) {}

  /** Looks once; to be called every second. */
  async look(): Promise<void> {
    const { writer, state, gaps, progress, captured, now } = this.options;
    this.round++;
    const holes = state.sequences.gaps();
    const lookAtAll = holes.some((gap) => gap.state === 'open') || this.round % 10 === 0;
    const awaited = [...writer.waiting.awaited()].map((kind) => this.topicOf(kind));
    const overdue = this.round % 10 === 0 && (state.rules.openIntents() > 0 || this.round % 60 === 0);
    const topicsToAsk = gaps.isWatching || holes.some((gap) => gap.state === 'open') || overdue ? captured : awaited;
    if (topicsToAsk.length > 0) await this.options.askEnds(topicsToAsk);
    const givenUp = awaited.length > 0 && writer.giveUpWaiting(progress, (kind) => this.topicOf(kind)) > 0;
    if (lookAtAll || gaps.isWatching) this.lookAtGaps(holes);
    await writer.releaseWithheld(gaps.brokenProcesses());
    if (this.round % 10 === 0 || this.rulesDue) this.lookAtRules();
    // What was given up is in the log by the next look.
    this.rulesDue = givenUp;
    const summary = this.options.forgeries.summary(now());
    if (summary) this.options.ledger.say(summary);
    await this.tell();
  }

  /** Publishes what is to be told. */
  async tell(): Promise<void> {
    const { ledger, publish } = this.options;
    const findings = ledger.pending();
    if (findings.length === 0) return;
    await publish(findings);
    for (const finding of findings) ledger.told(finding);
  }

  private lookAtGaps(holes: ReturnType<LogState['sequences']['gaps']>): void {
    const { gaps, progress, captured, ledger, now } = this.options;
    for (const change of gaps.look(holes, now(), progress.settledThrough(captured))) ledger.say(gapFinding(change));
  }

  private lookAtRules(): void {
    const { state, ledger, progress, captured, now } = this.options;
    // An outcome may be written and not read yet: only what was read to the end counts as late.
    const through = Math.min(now(), progress.settledThrough(captured));
    const standing: Finding[] = [...state.rules.unresolved(), ...state.rules.stopped(), ...(Number.isFinite(through) ? state.rules.overdue(through) : [])];
    const ids = new Set(standing.map((finding) => violation(finding).findingId));
    for (const finding of standing) ledger.say(violation(finding));
    const silent = state.silentSince(through - silentAfterMs).map(silence);
    for (const finding of silent) ledger.say(finding);
    const silentIds = new Set(silent.map(({ findingId }) => findingId));
    for (const { findingId, code } of ledger.open()) if (code === 'silent_producer' && !silentIds.has(findingId) && Number.isFinite(through)) ledger.close(findingId, 'The process was heard of again, or is known to have ended.');
    for (const { findingId, code, rule } of ledger.open()) if (rule !== 'capture' && resolvable.has(code) && !ids.has(findingId)) ledger.close(findingId, 'What was missing is in the log now.');
  }

  private topicOf(kind: 'decision' | 'intent'): string {
    return this.options.physical(kind === 'decision' ? topics.approval.decisions : topics.action.intents);
  }
}

