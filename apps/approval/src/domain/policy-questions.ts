// SPDX-License-Identifier: Apache-2.0
import type { DataClass, Effect, Tier } from '@nervus/contracts';
import type { Demands } from './demands.js';

/** May it happen by itself, or at least if people say so? */
export type PolicyAction = 'autoExecute' | 'executeWithApproval';

/** Everything a policy may ask about, with exactly these names in the Cedar schema. */
export interface PolicyContext {
  readonly tier: Tier;
  /** Sum of the risk table. */
  readonly risk: number;
  readonly effect: Effect;
  readonly target: string;
  readonly destinationListed: boolean;
  readonly taintedControl: boolean;
  readonly untrustedData: boolean;
  readonly dataClass: DataClass;
  readonly reversible: boolean;
  /** 0 to 100. */
  readonly confidencePercent: number;
  /** Recipients, rows or items; absent where unknown. */
  readonly batchSize?: number;
  /** Minor units; absent where there is none or it is malformed. */
  readonly amount?: number;
}

export interface PolicyQuestion {
  readonly action: PolicyAction;
  readonly tenant: string;
  readonly agent: string;
  /** `person:<id>` or `group:<id>`. */
  readonly owner: string;
  /** `slack.post`. */
  readonly tool: string;
  readonly context: PolicyContext;
}

export interface DecidingPolicy {
  readonly id: string;
  readonly demands: Demands;
}

/** `error`: a policy could not be evaluated. A forbid that errors is skipped by Cedar, so this is never taken as an answer. */
export type PolicyAnswer =
  | { readonly result: 'permitted'; readonly policies: readonly DecidingPolicy[] }
  | { readonly result: 'forbidden'; readonly policies: readonly DecidingPolicy[] }
  | { readonly result: 'unmentioned' }
  | { readonly result: 'error'; readonly detail: string };

/** The policies of one set, ready to be asked. Default deny. */
export interface PolicyQuestions {
  ask(question: PolicyQuestion): PolicyAnswer;
}
