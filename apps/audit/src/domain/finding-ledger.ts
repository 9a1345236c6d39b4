// SPDX-License-Identifier: Apache-2.0
import { derivedId, type FindingRaised } from '@nervus/contracts';
import type { EpochState, Finding } from '@nervus/verifier';
import type { GapChange } from './gap-watch.js';

/** What is to be told about one matter; its id follows from what it is about, so that a restart tells it under the same. */
export type Told = Omit<FindingRaised, 'at'>;

/**
 * What was told, and what is still to be told. What was told stands in the log itself, from where a restart has it again.
 */
export class FindingLedger {
  /** Newest status that is in the log or was acknowledged by Kafka, by finding id. */
  private readonly known = new Map<string, Told>();
  private readonly untold = new Map<string, Told>();

  /** Read back from the log, or acknowledged. */
  told(finding: Told): void {
    this.known.set(finding.findingId, finding);
    if (this.untold.get(finding.findingId)?.status === finding.status) this.untold.delete(finding.findingId);
  }

  /** Says how a matter stands; what is known already is not said again. */
  say(finding: Told): void {
    const last = this.untold.get(finding.findingId) ?? this.known.get(finding.findingId);
    // A person who closed a finding has the last word.
    if (last?.status === finding.status || last?.status === 'lost' || (last?.status === 'closed' && finding.status === 'open')) return;
    this.untold.set(finding.findingId, finding);
  }

  /** A matter that was open is no more; nothing is said of one that was never told. */
  close(findingId: string, detail: string): void {
    const last = this.untold.get(findingId) ?? this.known.get(findingId);
    if (last?.status === 'open') this.untold.set(findingId, { ...last, status: 'closed', detail });
  }

  /** What is to be published, oldest first. */
  pending(): readonly Told[] {
    return [...this.untold.values()];
  }

  /** Open matters of a rule. */
  open(): readonly Told[] {
    return [...new Map([...this.known, ...this.untold]).values()].filter(({ status }) => status === 'open');
  }
}

/** A broken rule, from the verifier's words. */
export function violation({ rule, code, indexes, detail }: Finding): Told {
  return { findingId: derivedId('violation', rule, code, String(indexes[0] ?? '')), rule, code, status: 'open', severity: 'violation', indexes: indexes.slice(0, 100), detail: detail.slice(0, 1000) };
}

/** A gap in the numbers of a process. While it is open it is a warning: the verifier calls a log with one INCOMPLETE. */
export function gapFinding({ gap: { producer, epoch, from, to }, status }: GapChange): Told {
  const numbers = from === to ? `Number ${from}` : `Numbers ${from} to ${to}`;
  const detail = { open: 'missing though all partitions were read', filled: 'in the log now', recovered: 'never were records: the process was killed and its successor declared it dead' }[status];
  return {
    findingId: derivedId('gap', producer, epoch, String(from), String(to)), rule: 'R8', code: 'sequence_gap', status, severity: status === 'open' ? 'warning' : 'note', indexes: [],
    detail: `${numbers} of process ${epoch} of ${producer}: ${detail}.`,
  };
}

/** A process that said nothing for as long as three heartbeats take. */
export function silence({ producer, epoch }: Pick<EpochState, 'producer' | 'epoch'>): Told {
  return { findingId: derivedId('silent', producer, epoch), rule: 'capture', code: 'silent_producer', status: 'open', severity: 'warning', indexes: [], detail: `The process ${epoch} of ${producer} has missed three heartbeats, and no other process declared it dead.` };
}

/** Another record under a number that is in the log. It has no entry of its own. */
export function equivocation(index: number, producer: string, epoch: string, n: number, otherLeaf: string): Told {
  return {
    findingId: derivedId('equivocation', producer, epoch, String(n), otherLeaf), rule: 'R8', code: 'equivocation', status: 'open', severity: 'violation', indexes: [index],
    detail: `The process ${epoch} of ${producer} signed two different records under number ${n}; the second one, with leaf ${otherLeaf}, is not in the log.`,
  };
}
