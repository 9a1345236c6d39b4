// SPDX-License-Identifier: Apache-2.0
import { type Change, counted, doubt, giveBack, hold, outcomeOf, type Sent, settle, type Turn } from './action-state.js';
import type { CallResult } from './call-result.js';
import type { Gate } from './gate.js';
import type { Permitted } from './permitted.js';

/** One call that has come to an end. */
export interface Ended {
  readonly result: CallResult;
  /** Attempts that it took. */
  readonly attempts: number;
  /** An earlier call may have been done, so that a refusal of this one says nothing about that. */
  readonly inDoubt: boolean;
  /** Whether the action might begin now. */
  readonly gate: Gate;
}

/** What becomes of an action after a call: settled when it is certain, waiting when it can still be done, in doubt when nobody knows. */
export function conclude(current: Sent, permitted: Permitted, { result, attempts, inDoubt, gate }: Ended, turn: Turn): Change {
  const sent = counted(current, attempts);
  if (result.kind === 'done') return settle(current, permitted, outcomeOf(sent, 'succeeded', result, turn.now), turn.now);
  if (result.kind === 'uncertain' || inDoubt) return doubt(sent, permitted, result, turn, false);
  // Once it was said that nobody knows, the permit counts as used: it neither waits nor comes back.
  if (result.kind === 'refused' || result.giveUp || current.uncertain?.reported) return settle(current, permitted, outcomeOf(sent, 'failed', result, turn.now), turn.now);
  if (gate.gate === 'end') return settle(current, permitted, outcomeOf(sent, 'failed', gate, turn.now), turn.now);
  if (gate.gate === 'return') return giveBack(current, permitted, gate.code, turn.now);
  return hold(current, permitted, gate.gate === 'hold' ? gate.reason : 'target_unavailable', turn);
}
