// SPDX-License-Identifier: Apache-2.0
import type { Finding } from '../finding.js';
import { Authority, type Predecessor } from './authority.js';
import { Deadlines } from './deadlines.js';
import { personsFindings } from './persons.js';
import type { RuleEntry } from './rule-entry.js';
import { Stops } from './stops.js';
import { Validity } from './validity.js';
import { valueFindings } from './values.js';

/**
 * Rules R1 to R7 as a stream over the entries of a log, in its order (R8 is {@link ProducerSequences}; R9 compares what
 * targets report with {@link Rules.permits}). The same entry must not be given twice.
 */
export class Rules {
  private readonly authority = new Authority();
  private readonly validity = new Validity();
  private readonly stops = new Stops();
  private readonly deadlines = new Deadlines((jti) => this.authority.isClosed(jti));

  /** Takes an entry in; gives what is certainly wrong with it, or with an earlier one by what this one says. */
  entry(entry: RuleEntry): Finding[] {
    this.stops.entry(entry);
    this.deadlines.entry(entry);
    return [...this.authority.entry(entry), ...valueFindings(entry), ...personsFindings(entry), ...this.validity.entry(entry)];
  }

  /** Leaves that the record names as coming before it and that the log does not hold (yet). */
  missingPredecessors(entry: Pick<RuleEntry, 'type' | 'extensions'>): Predecessor[] {
    return this.authority.missingPredecessors(entry);
  }

  /** Entries whose predecessor is not in the log: broken unless more of it is still to be read. */
  unresolved(): Finding[] {
    return this.authority.unresolved();
  }

  /** Effects in spite of a stop, over everything that was read. */
  stopped(): Finding[] {
    return this.stops.findings();
  }

  /** Intents whose deadline had passed by this instant, in milliseconds since the epoch, without an outcome. */
  overdue(nowMs: number): Finding[] {
    return this.deadlines.overdue(nowMs);
  }

  /** Intents that still wait for their outcome. */
  openIntents(): number {
    return this.deadlines.stillOpen().length;
  }

  /** Whether a decision in the log permitted the action with this digest. */
  permits(actionDigest: string): boolean {
    return this.authority.permits(actionDigest);
  }

  /** Digests of all actions that the log permits. */
  permittedDigests(): Iterable<string> {
    return this.authority.permittedDigests();
  }
}
