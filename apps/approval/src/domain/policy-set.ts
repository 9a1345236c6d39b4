// SPDX-License-Identifier: Apache-2.0
import type { PolicySetReference } from '@nervus/contracts';
import type { Static } from 'typebox';
import type { Destinations } from './destinations.js';
import type { PolicyQuestions } from './policy-questions.js';
import type { Registry } from './registry.js';
import type { RiskTable } from './risk.js';

/** Policies, schema, risk table, floors, destinations and registry, known by the hash of their bytes. */
export interface PolicySet {
  /** {@link hashOfFiles}. */
  readonly hash: string;
  readonly policies: PolicyQuestions;
  readonly risk: RiskTable;
  readonly destinations: Destinations;
  readonly registry: Registry;
}

/** The set in force, with the number under which it was activated. */
export interface ActivePolicySet extends PolicySet {
  readonly version: number;
}

/** How permits and decisions name a set. */
export const referenceOf = (set: ActivePolicySet): Static<typeof PolicySetReference> => ({ v: set.version, h: set.hash });

/** A folder of policies that must not be put in force; every fault at once, each with its file. */
export class PolicySetInvalid extends Error {
  override readonly name = 'PolicySetInvalid';
  readonly code = 'policy_set_invalid';
  readonly retryable = false;
  readonly details: { readonly faults: readonly string[] };

  constructor(faults: readonly string[]) {
    super(`the policy set cannot be used:\n  ${faults.join('\n  ')}`);
    this.details = { faults };
  }
}
