// SPDX-License-Identifier: Apache-2.0
// An intent waits for the decision that it names, an outcome for its intent, so that the order of the log shows what came
// first. The wait ends when the predecessor is in the log, or when everything that the brokers had appended to its topic
// two seconds after the waiter is: then it will not come. Never by wall time, so that neither catching up nor a clock that
// is set makes a false finding.
import type { Predecessor } from '@nervus/verifier';
import type { Candidate } from './candidate.js';
import type { Moment } from './partition-progress.js';

/** How far the clocks of two brokers may be apart, in milliseconds; as long is waited after the waiter was read. */
const brokerSkewMs = 2_000;

export interface Waiter {
  readonly candidate: Candidate;
  /** Leaves that are still missing, with their kind. */
  readonly missing: Map<string, Predecessor['kind']>;
  /** When it began to wait, by the steady clock. */
  readonly since: number;
}

export class WaitingRoom {
  private readonly byLeaf = new Map<string, Waiter[]>();
  private readonly waiters = new Set<Waiter>();

  /** @param steady milliseconds by a clock that cannot be set */
  constructor(private readonly steady: () => number) {}

  get size(): number {
    return this.waiters.size;
  }

  wait(candidate: Candidate, predecessors: readonly Predecessor[]): void {
    const waiter: Waiter = { candidate, missing: new Map(predecessors.map(({ leaf, kind }) => [leaf, kind])), since: this.steady() };
    this.waiters.add(waiter);
    for (const { leaf } of predecessors) this.byLeaf.set(leaf, [...(this.byLeaf.get(leaf) ?? []), waiter]);
  }

  /** A leaf is in the log; gives those who wait for nothing any more. */
  arrived(leaf: string): Candidate[] {
    const waiting = this.byLeaf.get(leaf);
    if (!waiting) return [];
    this.byLeaf.delete(leaf);
    const released = waiting.filter((waiter) => {
      waiter.missing.delete(leaf);
      return waiter.missing.size === 0 && this.waiters.delete(waiter);
    });
    return released.map(({ candidate }) => candidate);
  }

  /** What kinds of record somebody waits for: only their topics need to be asked for their ends. */
  awaited(): Set<Predecessor['kind']> {
    return new Set([...this.waiters].flatMap(({ missing }) => [...missing.values()]));
  }

  /**
   * Ends the wait of those whose predecessor will not come.
   * @param isPast whether everything that was appended to the topic of a kind up to a moment is in the log
   */
  giveUp(isPast: (kind: Predecessor['kind'], moment: Moment) => boolean): Candidate[] {
    const given: Candidate[] = [];
    for (const waiter of this.waiters) {
      const until: Moment = { appendedAt: waiter.candidate.origin.appendedAt + brokerSkewMs, steady: waiter.since + brokerSkewMs };
      if (![...waiter.missing.values()].every((kind) => isPast(kind, until))) continue;
      this.waiters.delete(waiter);
      for (const leaf of waiter.missing.keys()) this.forget(leaf, waiter);
      given.push(waiter.candidate);
    }
    return given;
  }

  private forget(leaf: string, waiter: Waiter): void {
    const rest = (this.byLeaf.get(leaf) ?? []).filter((other) => other !== waiter);
    if (rest.length > 0) this.byLeaf.set(leaf, rest);
    else this.byLeaf.delete(leaf);
  }
}
