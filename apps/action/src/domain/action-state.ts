// SPDX-License-Identifier: Apache-2.0
// One document for one action. Invariant: an effect is begun only by the writer that took the document from nothing, or
// from a state whose time had come, into `sent` by compare-and-set; so no two processes begin it at once, and a permit's
// `jti` stands in `spent` before the first byte leaves.
import type { PermitReturned } from '@nervus/contracts';
import type { CallResult } from './call-result.js';
import type { HoldReason } from './gate.js';
import { type Fact, type Outcome, outcomeFact, returnedFact } from './outcome.js';
import { type Permitted, type Stored, stored } from './permitted.js';

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

export interface Change<S extends ActionState = ActionState> {
  readonly state: S;
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

/** Whose turn it is, and when to look again. */
export interface Turn {
  readonly now: number;
  readonly owner: string;
  /** Milliseconds from now. */
  readonly forMs: number;
}

/** Waits for something; nothing of it was sent, or certainly nothing was done. */
export function hold(current: ActionState | undefined, permitted: Permitted, reason: HoldReason, turn: Turn, intent?: Intent): Change<Held> {
  const same = current !== undefined && current.state !== 'settled' && current.state !== 'returned' && current.jti === permitted.claims.jti;
  const held = same && current.state === 'held' ? current : undefined;
  // An intent names its permit, so that it is of no use for another one.
  const kept = intent ?? held?.intent ?? (same && current.state === 'sent' && current.intentLeaf !== undefined ? { leaf: current.intentLeaf, at: current.startedAt } : undefined);
  const state: Held = {
    state: 'held', spent: current?.spent ?? [], task: stored(permitted), jti: permitted.claims.jti, reason, tries: (held?.tries ?? 0) + 1, owner: turn.owner,
    // A permit that runs out is noticed when it does.
    againAt: Math.max(turn.now, Math.min(turn.now + turn.forMs, permitted.claims.exp * 1000)),
    ...(kept && { intent: kept }),
  };
  return { state, facts: [] };
}

/** Begins: from here on the effect may have happened. */
export function send(current: ActionState | undefined, permitted: Permitted, turn: Turn, intentLeaf?: string): Change<Sent> {
  const sent = current?.state === 'sent' ? current : undefined;
  const leaf = intentLeaf ?? sent?.intentLeaf;
  const state: Sent = {
    state: 'sent', spent: spend(current, permitted.claims.jti), task: stored(permitted), jti: permitted.claims.jti, attempts: (sent?.attempts ?? 0) + 1, startedAt: sent?.startedAt ?? turn.now,
    lookAt: turn.now + turn.forMs, owner: turn.owner,
    ...(leaf !== undefined && { intentLeaf: leaf }),
    ...(sent?.uncertain && { uncertain: sent.uncertain }),
  };
  return { state, facts: [] };
}

/** Over: the outcome is published with the same write. */
export function settle(current: ActionState | undefined, permitted: Permitted, outcome: Outcome, now: number): Change<Settled> {
  const state: Settled = { state: 'settled', spent: spend(current, permitted.claims.jti), jti: permitted.claims.jti, digest: permitted.digest, result: outcome.result, code: outcome.code, settledAt: now };
  const reported = outcome.result === 'unknown' && current?.state === 'sent' && current.uncertain?.reported === true;
  return { state, facts: reported ? [] : [outcomeFact(permitted, outcome)] };
}

/** Gives an unused permit back. */
export function giveBack(current: ActionState | undefined, permitted: Permitted, code: PermitReturned['code'], now: number): Change<Returned> {
  const intentLeaf = current?.state === 'held' ? current.intent?.leaf : undefined;
  const state: Returned = { state: 'returned', spent: spend(current, permitted.claims.jti), jti: permitted.claims.jti, digest: permitted.digest, code, settledAt: now };
  return { state, facts: [returnedFact(permitted, code, intentLeaf)] };
}

/** Nobody knows whether it was done. `report` tells everyone so, once; it goes on being found out. */
export function doubt(current: Sent, permitted: Permitted, result: Pick<CallResult, 'code' | 'detail'>, turn: Turn, report: boolean): Change<Sent> {
  const before = current.uncertain;
  const uncertain = { since: before?.since ?? turn.now, asked: (before?.asked ?? 0) + 1, code: result.code, detail: result.detail, reported: (before?.reported ?? false) || report };
  const state: Sent = { ...current, lookAt: turn.now + turn.forMs, owner: turn.owner, uncertain };
  return { state, facts: report && !before?.reported ? [outcomeFact(permitted, outcomeOf(current, 'unknown', result, turn.now))] : [] };
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
export function unbegun(current: ActionState | undefined, code: string, detail: string, now: number): Outcome {
  const intentLeaf = current?.state === 'held' ? current.intent?.leaf : undefined;
  return { result: 'failed', code, detail, attempts: 0, finishedAt: iso(now), ...(intentLeaf !== undefined && { intentLeaf }) };
}

/** When a document wants to be looked at, in milliseconds since the epoch; undefined when it is over. */
export const dueAt = (state: ActionState): number | undefined => (state.state === 'held' ? state.againAt : state.state === 'sent' ? state.lookAt : undefined);

const iso = (ms: number): string => new Date(ms).toISOString();
