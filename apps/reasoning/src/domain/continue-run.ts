// SPDX-License-Identifier: Apache-2.0
import type { DecisionMade, OutcomeRecorded } from '@nervus/contracts';
import { ended, isOver, type RunChange, type RunState, told, withStep } from './run.js';

/** A decision that ends an action: refused or expired. A permit changes nothing here: its outcome will come. */
export function onDecision(run: RunState | undefined, decision: Pick<DecisionMade, 'result' | 'code' | 'action'>, at: string): RunChange | 'unchanged' {
  if (!run || isOver(run) || decision.result === 'permitted') return 'unchanged';
  return closed(run, decision.action.actionId, { kind: 'decision', at, summary: `${decision.action.tool}.${decision.action.operation} ${decision.result}: ${decision.code}` }, at);
}

/** What came of an action. `unknown` is not the end of it: action reconciles and reports again. */
export function onOutcome(run: RunState | undefined, outcome: Pick<OutcomeRecorded, 'actionId' | 'result' | 'code' | 'tool' | 'operation' | 'digest'>, at: string): RunChange | 'unchanged' {
  if (!run || isOver(run)) return 'unchanged';
  const step = { kind: 'outcome', at, inputHash: outcome.digest, summary: `${outcome.tool}.${outcome.operation} ${outcome.result}: ${outcome.code}` };
  if (outcome.result !== 'unknown') return closed(run, outcome.actionId, step, at);
  return run.open.some((action) => action.actionId === outcome.actionId) ? told(withStep(run, step)) : 'unchanged';
}

/** The deadline has passed: nothing is done any more for a run that nobody waits for. */
export function onDeadline(run: RunState, nowMs: number): RunChange | 'unchanged' {
  if (isOver(run) || nowMs < run.deadlineAt) return 'unchanged';
  return told({ ...ended(run, 'expired', new Date(nowMs).toISOString(), 'the deadline of the run passed'), open: [] });
}

function closed(run: RunState, actionId: string, step: Parameters<typeof withStep>[1], at: string): RunChange | 'unchanged' {
  if (!run.open.some((action) => action.actionId === actionId)) return 'unchanged';
  const next: RunState = { ...withStep(run, step), open: run.open.filter((action) => action.actionId !== actionId) };
  return told(next.open.length > 0 ? next : ended(next, 'completed', at));
}
