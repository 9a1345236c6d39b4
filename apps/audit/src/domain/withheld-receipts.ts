// SPDX-License-Identifier: Apache-2.0
import type { Candidate } from './candidate.js';
import type { LogState } from './log-state.js';

/** An intent in the log that may be receipted. */
export interface ReceiptableIntent {
  readonly candidate: Candidate;
  readonly index: number;
}

/** Intents that are kept for later; beyond it the oldest are forgotten, and action asks again. */
const maxKept = 10_000;

/**
 * Receipts of intents that rest on the word of a process whose numbers have a gap, or that said two things: its own, or
 * the one that decided. Without a receipt there is no effect.
 */
export class WithheldReceipts {
  private kept: ReceiptableIntent[] = [];
  private broken: ReadonlySet<string> = new Set();

  constructor(private readonly state: LogState) {}

  get count(): number {
    return this.kept.length;
  }

  /** Gives those that may be receipted now and keeps the others. */
  sift(intents: readonly ReceiptableIntent[]): ReceiptableIntent[] {
    return intents.filter((intent) => {
      if (this.isTrusted(intent)) return true;
      this.kept.push(intent);
      if (this.kept.length > maxKept) this.kept.shift();
      return false;
    });
  }

  /**
   * Looks again at those that are kept.
   * @param broken processes with an open gap, named as `processOf` does
   */
  look(broken: ReadonlySet<string>): ReceiptableIntent[] {
    this.broken = broken;
    const kept = this.kept;
    this.kept = [];
    return this.sift(kept);
  }

  private isTrusted({ candidate }: ReceiptableIntent): boolean {
    return this.state.processesBehind(candidate.facts).every((process) => {
      const [producer = '', epoch = ''] = process.split(' ');
      return !this.broken.has(process) && this.state.sequences.stateOf(producer, epoch)?.equivocated !== true;
    });
  }
}
