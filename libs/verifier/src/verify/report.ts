// SPDX-License-Identifier: Apache-2.0
import type { Finding } from '../finding.js';
import type { Gap } from '../sequences/producer-sequences.js';

export type Verdict = 'VERIFIED' | 'VIOLATION' | 'INCOMPLETE';

/** Something that could not be looked at, so that nothing is said about it. */
export interface Shortfall {
  readonly code: string;
  readonly indexes: readonly number[];
  readonly detail: string;
}

/** A step of the verification, in the order of audit.md section 5. */
export interface Step {
  readonly step: 'notes' | 'replay' | 'tiles' | 'consistency' | 'payloads' | 'signatures' | 'sequences' | 'rules' | 'effects';
  readonly result: 'passed' | 'failed' | 'incomplete' | 'not asked';
  /** What was looked at. */
  readonly looked: string;
}

/** What was found, for programs; see {@link reportText} for people. */
export interface Report {
  readonly v: 1;
  readonly verifier: string;
  readonly verdict: Verdict;
  readonly log: {
    readonly origin: string | undefined;
    /** Everything said here is about the first `size` entries. */
    readonly size: number;
    /** base64, as in the checkpoint. */
    readonly root: string | undefined;
    /** `ce_time` of the newest entry, RFC 3339: up to when it speaks. */
    readonly upTo: string | undefined;
  };
  readonly steps: readonly Step[];
  /** At most {@link maxListed}; `counts.violations` has all. */
  readonly violations: readonly Finding[];
  readonly incomplete: readonly Shortfall[];
  /** Numbers of killed processes that were never records. */
  readonly recovered: readonly Gap[];
  readonly effects: { readonly reported: number; readonly withoutPermit: number; readonly keys: readonly string[] } | undefined;
  readonly counts: {
    readonly violations: number;
    readonly incomplete: number;
    readonly entries: number;
    readonly archivedCheckpoints: number;
    readonly payloads: number;
    readonly payloadsMissing: number;
    readonly undecodable: number;
    readonly signatures: number;
    readonly keys: number;
    readonly processes: number;
    /** Processes that neither said farewell nor were declared dead by a successor. */
    readonly openProcesses: number;
    readonly permittedActions: number;
    readonly openIntents: number;
    /** Entries by record type. */
    readonly byType: Readonly<Record<string, number>>;
  };
  /** What no log can show; repeated in every report. */
  readonly limits: readonly string[];
}

/** Violations and shortfalls that a report lists one by one. */
export const maxListed = 1000;

/** The verdict is the worst of what was found; what could not be looked at is never clean. */
export function verdictOf(violations: number, incomplete: number): Verdict {
  if (violations > 0) return 'VIOLATION';
  return incomplete > 0 ? 'INCOMPLETE' : 'VERIFIED';
}

/** Exit codes of the command line. */
export const exitCodes: Readonly<Record<Verdict, number>> = { VERIFIED: 0, VIOLATION: 1, INCOMPLETE: 2 };

export const limits: readonly string[] = [
  'A log proves what was recorded. That nothing unrecorded happened needs enforcement and comparison with what the targets report.',
  'When a broker appended a record is the signed word of the keeper of the log; entries commit to the time that the producer signed.',
];
