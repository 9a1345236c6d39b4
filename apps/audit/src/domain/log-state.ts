// SPDX-License-Identifier: Apache-2.0
// What the writer must know of everything in the log to decide on the next record. A function of the log alone: a restart
// builds it anew by reading the log, and nothing of it is stored elsewhere.
import { DecisionMade, EnrolmentRequested, IntentRecorded, WorkloadChanged, type WorkloadChanged as Workload } from '@nervus/contracts';
import { countsAsProducer, type EntryFacts, type EpochState, type Finding, type HeartbeatFacts, IdTable, isHeartbeat, type KnownKey, type Predecessor, ProducerSequences, Rules } from '@nervus/verifier';
import type { Candidate, Origin } from './candidate.js';

/** What is to be done with a record. */
export type Admission =
  | { readonly state: 'append' }
  /** Its number is in the log at this index: with the same leaf it is there already, with another it is equivocation. */
  | { readonly state: 'known'; readonly index: number }
  /** It names records that are not in the log yet. */
  | { readonly state: 'waits'; readonly on: readonly Predecessor[] };

/** What of a candidate matters to the state; a record read back from the log has no more. */
export type LoggedRecord = Pick<Candidate, 'facts' | 'data' | 'leaf' | 'selfSignedBy'> & { readonly origin: Pick<Origin, 'appendedAt'> };

interface Enrolment {
  readonly facts: EntryFacts;
  readonly index: number;
}

export class LogState {
  readonly rules = new Rules();
  readonly sequences = new ProducerSequences();
  private readonly ids = new IdTable();
  /** Keys by kid, from the workload entries of the log. */
  private readonly workloads = new Map<string, KnownKey>();
  /** Enrolments by kid: anybody can write one, so they count into no sequence before it is known whose key it is. */
  private readonly enrolments = new Map<string, Enrolment[]>();
  /** Which process wrote a decision, by its leaf. */
  private readonly decidedBy = new Map<string, string>();
  /** Append time of the newest record of a process, in milliseconds since the epoch. */
  private readonly heard = new Map<string, number>();

  /** Decides on a record that is about to be appended. */
  admit(record: LoggedRecord): Admission {
    const { facts } = record;
    const index = record.selfSignedBy === undefined ? this.sequences.indexOf(facts.producer, facts.epoch, facts.n) : this.enrolmentAt(record.selfSignedBy, facts);
    if (index !== undefined) return { state: 'known', index };
    const on = facts.complete ? this.rules.missingPredecessors(facts) : [];
    return on.length > 0 ? { state: 'waits', on } : { state: 'append' };
  }

  /** The record is in the log at this index; gives what is wrong with it. */
  appended(record: LoggedRecord, index: number): Finding[] {
    const { facts, data, leaf } = record;
    const findings = [...this.numbered(record, index)];
    this.heard.set(processOf(facts), Math.max(record.origin.appendedAt, this.heard.get(processOf(facts)) ?? -Infinity));
    const before = this.ids.note(`${facts.producer} ${facts.id}`, facts.valueDigest, index);
    if (before && !before.sameValue) findings.push({ rule: 'R8', code: 'id_conflict', indexes: [index, before.first], detail: `The event ${facts.id} of ${facts.producer} stands in the log with two different values.` });
    if (!facts.complete) return findings;
    if (facts.type === WorkloadChanged.type && data) this.introduced(data as Workload);
    if (isHeartbeat(facts.type) && data) this.sequences.beat(facts.producer, data as HeartbeatFacts);
    if (facts.type === DecisionMade.type) this.decidedBy.set(leaf, processOf(facts));
    return [...findings, ...this.rules.entry({ ...facts, index, leaf, ...(data !== undefined && { data }) })];
  }

  /** Another record was seen under the number of this one. */
  equivocated({ producer, epoch }: EntryFacts): void {
    this.sequences.equivocated(producer, epoch);
  }

  /** The processes whose word an intent rests on: its own, and that of its decision. */
  processesBehind(facts: EntryFacts): string[] {
    const decision = this.decidedBy.get(facts.extensions.decisionleaf ?? '');
    return [processOf(facts), ...(decision === undefined ? [] : [decision])];
  }

  /** Processes that may still write and have said nothing since this instant, in milliseconds since the epoch. */
  silentSince(instant: number): EpochState[] {
    return [...this.sequences.states()].filter((process) => process.state === 'open' && (this.heard.get(processOf(process)) ?? Infinity) < instant);
  }

  private *numbered({ facts, selfSignedBy, data }: LoggedRecord, index: number): Generator<Finding> {
    if (selfSignedBy === undefined) {
      if (this.sequences.place(facts.producer, facts.epoch, facts.n, index) === 'scattered') yield { rule: 'R8', code: 'sequence_scattered', indexes: [index], detail: `The process ${facts.epoch} of ${facts.producer} leaves more holes in its numbers than can be followed.` };
      return;
    }
    const known = this.enrolments.get(selfSignedBy);
    if (known) known.push({ facts, index });
    else this.enrolments.set(selfSignedBy, [{ facts, index }]);
    if (data && countsAsProducer(data as EnrolmentRequested, facts.producer, (kid) => this.workloads.get(kid))) this.sequences.place(facts.producer, facts.epoch, facts.n, index);
  }

  private introduced({ kid, spiffeId, jwk }: Workload): void {
    if (this.workloads.has(kid)) return;
    this.workloads.set(kid, { spiffeId, publicJwk: jwk });
    for (const { facts, index } of this.enrolments.get(kid) ?? []) if (facts.producer === spiffeId) this.sequences.place(facts.producer, facts.epoch, facts.n, index);
  }

  private enrolmentAt(kid: string, { epoch, n }: EntryFacts): number | undefined {
    return this.enrolments.get(kid)?.find(({ facts }) => facts.epoch === epoch && facts.n === n)?.index;
  }
}

/** Names a producing process. */
export const processOf = ({ producer, epoch }: Pick<EntryFacts, 'producer' | 'epoch'>): string => `${producer} ${epoch}`;

/** Types whose append releases others, and those that get a receipt of their own. */
export const isIntent = ({ complete, type }: EntryFacts): boolean => complete && type === IntentRecorded.type;
export const isEnrolment = ({ complete, type }: EntryFacts): boolean => complete && type === EnrolmentRequested.type;
