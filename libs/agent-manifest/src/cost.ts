// SPDX-License-Identifier: Apache-2.0
import type { AgentManifest } from './agent.js';
import { defaultBudgets } from './agent.js';

/** The most that one run can use; null where nothing bounds it. */
export interface WorstCase {
  readonly perRun: { readonly steps: number; readonly modelCalls: number; readonly tokens: number; readonly proposals: number; readonly wallMs: number; readonly deadlineMs: number };
  /** No day's budget is held in this release, so a day costs as many runs as there are signals. */
  readonly perDay: null;
}

/** What a manifest may cost at worst: a rules agent calls no model; one repair makes two calls of an answer. */
export function worstCaseOf(manifest: AgentManifest): WorstCase {
  const budgets = budgetsOf(manifest);
  const asks = manifest.spec.brain.mode === 'llm';
  return {
    perRun: { steps: budgets.steps, modelCalls: asks ? budgets.modelCalls : 0, tokens: asks ? budgets.tokens : 0, proposals: (manifest.spec.tools ?? []).length > 0 ? budgets.proposals : 0, wallMs: budgets.wall, deadlineMs: budgets.deadline },
    perDay: null,
  };
}

/** The budgets of a run with the defaults filled in; durations in milliseconds. */
export const budgetsOf = (manifest: AgentManifest): { readonly [K in keyof typeof defaultBudgets]: number } => ({ ...defaultBudgets, ...manifest.spec.budgets?.perRun });
