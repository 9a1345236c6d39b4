// SPDX-License-Identifier: Apache-2.0
// One document for one action. Invariant: an effect is begun only by the writer that took the document from nothing, or
// from a state whose time had come, into `sent` by compare-and-set; so no two processes begin it at once, and a permit's
// `jti` stands in `spent` before the first byte leaves.
import type { PermitReturned } from '@nervus/contracts';
import type { CallResult } from './call-result.js';
import type { HoldReason } from './gate.js';
import { type Fact, type Outcome, outcomeFact, returnedFact } from './outcome.js';
import { type Named, type Permitted, type Stored, stored } from './permitted.js';

interface Known {
  /** Ids of the permits that were used or given back, oldest first. */
  readonly spent: readonly string[];
}

/** An intent that was recorded: its leaf hash and when, in milliseconds since the epoch. */
export interface Intent {
  readonly leaf: string;
  readonly at: number;
}

/** Permitted, and not begun yet. Times in milliseconds since the epoch. */
export interface Held extends Known {
  readonly state: 'held';
  readonly task: Stored;
  readonly jti: string;
  readonly reason: HoldReason;
  /** How often it was taken up in vain. */
  readonly tries: number;
  readonly againAt: number;
  /** The process that knows most about it; another takes it up only when it is overdue. */
  readonly owner: string;
  readonly intent?: Intent;
}

/** Begun, and nobody has written down yet what came of it. */
export interface Sent extends Known {
  readonly state: 'sent';
  readonly task: Stored;
  readonly jti: string;
  /** Calls that may have left, over all processes. */
  readonly attempts: number;
  /** How often it was taken up in vain before. */
  readonly tries: number;
  readonly startedAt: number;
  /** Until then its owner is at work; afterwards it is to be found out what came of it. */
  readonly lookAt: number;
  readonly owner: string;
  readonly intentLeaf?: string;
  /** Since when it is known that nobody knows, with the reason. */
  readonly uncertain?: { readonly since: number; readonly asked: number; readonly code: string; readonly detail: string; readonly reported: boolean };
}

/** Over. Nothing is done for this action any more. */
export interface Settled extends Known {
  readonly state: 'settled';
  readonly jti: string;
  readonly digest: string;
  readonly result: Outcome['result'];
  readonly code: string;
  readonly settledAt: number;
}

/** The permit was given back; the next one may come. */
export interface Returned extends Known {
  readonly state: 'returned';
  readonly jti: string;
  readonly digest: string;
  readonly code: PermitReturned['code'];
  readonly settledAt: number;
}

export type ActionState = Held | Sent | Settled | Returned;

export interface Change {
  readonly state: ActionState;
  readonly facts: readonly Fact[];
}

/** What a permit means for the document: to be used, seen before, or used up. */
export function admit(current: ActionState | undefined, jti: string): 'new' | 'known' | 'already_consumed' {
  if (!current) return 'new';
  if (current.state === 'held') return current.jti === jti ? 'known' : current.spent.includes(jti) ? 'already_consumed' : 'new';
  return current.state === 'returned' && !current.spent.includes(jti) ? 'new' : 'already_consumed';
}

/** Permits remembered; older ones have long expired. */
const mostSpent = 32;

function spend(current: ActionState | undefined, jti: string): readonly string[] {
  const spent = current?.spent ?? [];
  return spent.includes(jti) ? spent : [...spent, jti].slice(-mostSpent);
}

/** Who acts, and when. */
export interface Turn {
  readonly now: number;
  /** The process. */
  readonly owner: string;
  /** From 0 to 1: spreads what would otherwise come all at once. */
  readonly jitter: number;
}

const longestHoldMs = 30_000;
const longestDoubtMs = 5 * 60_000;

/** Wait before the next try, in milliseconds: doubles from half a second to half a minute, a fifth more or less. */
export const holdMs = (tries: number, jitter: number): number => Math.round(Math.min(longestHoldMs, 250 * 2 ** Math.min(tries, 20)) * (0.8 + 0.4 * jitter));

/** Wait before the target is asked again, in milliseconds: doubles from one second to five minutes. */
export const doubtMs = (asked: number): number => Math.min(longestDoubtMs, 500 * 2 ** Math.min(asked, 20));

const isOf = (current: ActionState | undefined, { jti }: Named): current is Held | Sent => (current?.state === 'held' || current?.state === 'sent') && current.jti === jti;

/** The intent of a document, which names its permit and so is of no use for another one. */
export function intentOf(current: ActionState | undefined, named: Named): Intent | undefined {
  if (!isOf(current, named)) return undefined;
  return current.state === 'held' ? current.intent : current.intentLeaf === undefined ? undefined : { leaf: current.intentLeaf, at: current.startedAt };
}

/** Waits for something; nothing of it was sent, or certainly nothing was done. */
export function hold(current: ActionState | undefined, permitted: Permitted, reason: HoldReason, turn: Turn, intent = intentOf(current, permitted)): Change {
  const tries = (isOf(current, permitted) ? current.tries : 0) + 1;
  const state: Held = {
    state: 'held', spent: current?.spent ?? [], task: stored(permitted), jti: permitted.jti, reason, tries, owner: turn.owner,
    // A permit that runs out is noticed when it does.
    againAt: Math.max(turn.now, Math.min(turn.now + holdMs(tries, turn.jitter), permitted.claims.exp * 1000)),
    ...(intent && { intent }),
  };
  return { state, facts: [] };
}

/**
 * Begins: from here on the effect may have happened.
 * @param leaseMs for which nobody else looks at it, in milliseconds
 */
export function send(current: ActionState | undefined, permitted: Permitted, turn: Turn, leaseMs: number, intent = intentOf(current, permitted)): Change {
  const known = isOf(current, permitted) ? current : undefined;
  const sent = known?.state === 'sent' ? known : undefined;
  const state: Sent = {
    state: 'sent', spent: spend(current, permitted.jti), task: stored(permitted), jti: permitted.jti, attempts: (sent?.attempts ?? 0) + 1, tries: known?.tries ?? 0,
    startedAt: sent?.startedAt ?? turn.now, lookAt: turn.now + leaseMs, owner: turn.owner,
    ...(intent && { intentLeaf: intent.leaf }),
    ...(sent?.uncertain && { uncertain: sent.uncertain }),
  };
  return { state, facts: [] };
}

/** Over: the outcome is published with the same write. */
export function settle(current: ActionState | undefined, named: Named, outcome: Outcome, now: number): Change {
  const state: Settled = { state: 'settled', spent: spend(current, named.jti), jti: named.jti, digest: named.digest, result: outcome.result, code: outcome.code, settledAt: now };
  const reported = outcome.result === 'unknown' && current?.state === 'sent' && current.uncertain?.reported === true;
  return { state, facts: reported ? [] : [outcomeFact(named, outcome)] };
}

/** Gives an unused permit back. */
export function giveBack(current: ActionState | undefined, named: Named, code: PermitReturned['code'], now: number, intent = intentOf(current, named)): Change {
  const state: Returned = { state: 'returned', spent: spend(current, named.jti), jti: named.jti, digest: named.digest, code, settledAt: now };
  return { state, facts: [returnedFact(named, code, intent?.leaf)] };
}

/** Nobody knows whether it was done. `report` tells everyone so, once; it goes on being found out. */
export function doubt(current: Sent, named: Named, { code, detail }: Pick<CallResult, 'code' | 'detail'>, turn: Turn, report: boolean): Change {
  const before = current.uncertain;
  const asked = (before?.asked ?? 0) + 1;
  const uncertain = { since: before?.since ?? turn.now, asked, code, detail, reported: (before?.reported ?? false) || report };
  const state: Sent = { ...current, lookAt: turn.now + doubtMs(asked), owner: turn.owner, uncertain };
  return { state, facts: report && !before?.reported ? [outcomeFact(named, outcomeOf(current, 'unknown', { code, detail }, turn.now))] : [] };
}

/** The same, with the attempts that one call took counted. */
export const counted = (sent: Sent, attempts: number): Sent => ({ ...sent, attempts: sent.attempts - 1 + attempts });

/** The outcome of something that was begun. */
export function outcomeOf(sent: Sent, result: Outcome['result'], call: Pick<CallResult, 'code' | 'detail' | 'request' | 'response'>, now: number): Outcome {
  return {
    result, code: call.code, detail: call.detail, attempts: sent.attempts, startedAt: iso(sent.startedAt), finishedAt: iso(now),
    ...(call.request && { request: call.request }),
    ...(call.response && { response: call.response }),
    ...(sent.intentLeaf !== undefined && { intentLeaf: sent.intentLeaf }),
  };
}

/** The outcome of something that never began. */
export function unbegun(code: string, detail: string, now: number, intent?: Intent): Outcome {
  return { result: 'failed', code, detail, attempts: 0, finishedAt: iso(now), ...(intent && { intentLeaf: intent.leaf }) };
}

/** When a document wants to be looked at, in milliseconds since the epoch; undefined when it is over. */
export const dueAt = (state: ActionState): number | undefined => (state.state === 'held' ? state.againAt : state.state === 'sent' ? state.lookAt : undefined);

const iso = (ms: number): string => new Date(ms).toISOString();
