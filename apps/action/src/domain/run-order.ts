// SPDX-License-Identifier: Apache-2.0
// Invariant: of the actions of one run that this process has in hand, only the one that came first may begin.
import { type ActionState, dueAt } from './action-state.js';

/** An action is in the hands of this process for this long after it was due, in milliseconds; then another may take it up. */
export const overdueMs = 5_000;

/** Which actions of which runs are held or under way here, in the order in which they came. */
export class RunOrder {
  /** By run and action: until when it is ours. */
  private readonly runs = new Map<string, Map<string, number>>();

  /** Whether no earlier action of the run is held or under way. */
  isNext(runId: string, actionId: string, nowMs: number): boolean {
    for (const [earlier, until] of this.runs.get(runId) ?? []) {
      if (earlier === actionId) return true;
      if (nowMs <= until) return false;
      this.leave(runId, earlier);
    }
    return true;
  }

  /** What has become of an action. One that is over, or of which nobody knows what came of it, is waited for no longer. */
  saw(runId: string, actionId: string, state: ActionState): void {
    const due = state.state === 'sent' && state.uncertain ? undefined : dueAt(state);
    if (due === undefined) return this.leave(runId, actionId);
    const run = this.runs.get(runId) ?? new Map<string, number>();
    this.runs.set(runId, run.set(actionId, due + overdueMs));
  }

  private leave(runId: string, actionId: string): void {
    const run = this.runs.get(runId);
    run?.delete(actionId);
    if (run?.size === 0) this.runs.delete(runId);
  }
}
