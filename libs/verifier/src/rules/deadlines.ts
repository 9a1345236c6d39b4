// SPDX-License-Identifier: Apache-2.0
// R7: every intent is followed by an outcome, or by the return of its permit, within its deadline.
import { IntentRecorded, type IntentRecorded as Intent } from '@nervus/contracts';
import { type Finding, found } from '../finding.js';
import { permitClaimsOf } from './permit-claims.js';
import type { RuleEntry } from './rule-entry.js';

/** What an outcome may take beyond the deadline to come through outbox and topic, in milliseconds. */
const graceMs = 60_000;

interface OpenIntent {
  readonly index: number;
  readonly deadline: number;
}

export class Deadlines {
  private readonly open = new Map<string, OpenIntent>();

  /** @param isClosed whether an outcome or a return is known for a permit id */
  constructor(private readonly isClosed: (jti: string) => boolean) {}

  entry({ type, index, extensions, data }: RuleEntry): void {
    if (type !== IntentRecorded.type) return;
    const claims = extensions.permit === undefined ? undefined : permitClaimsOf(extensions.permit);
    if (!claims || this.open.has(claims.jti)) return;
    const named = typeof data === 'object' && data !== null ? Date.parse((data as Intent).deadline) : Number.NaN;
    this.open.set(claims.jti, { index, deadline: Number.isNaN(named) ? claims.exp * 1000 : named });
  }

  /** Intents that nothing followed by this instant, in milliseconds since the epoch. */
  overdue(nowMs: number): Finding[] {
    return this.stillOpen()
      .filter(({ deadline }) => deadline + graceMs < nowMs)
      .map(({ index, deadline }) => found('R7', 'outcome_missing', [index], `Nothing followed the intent by its deadline, ${new Date(deadline).toISOString()}.`));
  }

  /** Intents that nothing followed yet, in their order. */
  stillOpen(): OpenIntent[] {
    for (const jti of this.open.keys()) if (this.isClosed(jti)) this.open.delete(jti);
    return [...this.open.values()];
  }
}
