// SPDX-License-Identifier: Apache-2.0
import type { OutcomeRecorded, PermitReturned } from '@nervus/contracts';
import { idempotencyKeyOf } from '@nervus/trust';
import type { Message, Reply } from './call-result.js';
import type { Cause, Named } from './permitted.js';

/** What came of an action. */
export interface Outcome {
  readonly result: OutcomeRecorded['result'];
  readonly code: string;
  readonly detail: string;
  readonly attempts: number;
  /** RFC 3339; absent when nothing was begun. */
  readonly startedAt?: string;
  readonly finishedAt: string;
  readonly request?: Message;
  readonly response?: Reply;
  /** Leaf hash of the intent that preceded it, in tiers 2 and 3. */
  readonly intentLeaf?: string;
}

/** Signed headers that let audit judge a record without its value. */
export type Headers = Readonly<Record<'actiondigest' | 'tier' | 'permit' | 'decisionleaf', string> & { intentleaf?: string; result?: string }>;

/** What is published with a change of state. `purpose` makes the record's id, together with the decision's. */
export type Fact =
  | { readonly kind: 'outcome'; readonly purpose: 'outcome' | 'outcome-unknown'; readonly data: OutcomeRecorded; readonly headers: Headers; readonly cause: Cause }
  | { readonly kind: 'returned'; readonly purpose: 'permit-returned'; readonly data: PermitReturned; readonly headers: Headers; readonly cause: Cause };

/** What an intent, an outcome and a returned permit all say of their action. */
export function headersOf({ digest, tier, permit, decisionLeaf }: Named, more: { readonly intentleaf?: string; readonly result?: string } = {}): Headers {
  return { actiondigest: digest, tier: String(tier), permit, decisionleaf: decisionLeaf, ...more };
}

const longestDetail = 1000;

export function outcomeFact(named: Named, outcome: Outcome): Fact {
  const { action, digest, tier, jti, cause } = named;
  const { intentLeaf, detail, ...rest } = outcome;
  const data: OutcomeRecorded = {
    actionId: action.actionId, runId: action.runId, tool: action.tool, operation: action.operation, target: action.target, digest, jti, tier, idempotencyKey: idempotencyKeyOf(digest), detail: detail.slice(0, longestDetail), ...rest,
  };
  const headers = headersOf(named, { result: outcome.result, ...(intentLeaf !== undefined && { intentleaf: intentLeaf }) });
  return { kind: 'outcome', purpose: outcome.result === 'unknown' ? 'outcome-unknown' : 'outcome', data, headers, cause };
}

export function returnedFact(named: Named, code: PermitReturned['code'], intentLeaf?: string): Fact {
  const { action, digest, jti, cause } = named;
  const data: PermitReturned = { actionId: action.actionId, runId: action.runId, digest, jti, code };
  return { kind: 'returned', purpose: 'permit-returned', data, headers: headersOf(named, intentLeaf === undefined ? {} : { intentleaf: intentLeaf }), cause };
}
