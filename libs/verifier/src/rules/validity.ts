// SPDX-License-Identifier: Apache-2.0
// R5: nothing begins under an expired permit, and a permit is given under the policy set in force. The instants are the
// producers' own, signed, words.
import { DecisionMade, IntentRecorded, OutcomeRecorded, type OutcomeRecorded as Outcome, PolicySetActivated, type PolicySetActivated as Activation } from '@nervus/contracts';
import { type Finding, found } from '../finding.js';
import { permitClaimsOf } from './permit-claims.js';
import type { RuleEntry } from './rule-entry.js';

/** How far the clocks of two services may be apart, in milliseconds. */
export const clockSkewMs = 2_000;
/** How long a replica of approval may go on with the set before while it reads of a new one, in milliseconds. */
const policyLeewayMs = 10_000;

interface Ruled {
  readonly index: number;
  readonly time: number;
  readonly version: number;
  readonly hash: string;
}

interface InForce {
  readonly index: number;
  readonly hash: string;
  readonly at: number;
}

export class Validity {
  private readonly ruled: Ruled[] = [];
  private readonly policySets = new Map<number, InForce>();

  entry(entry: RuleEntry): Finding[] {
    switch (entry.type) {
      case PolicySetActivated.type:
        return this.activated(entry);
      case DecisionMade.type:
        return this.decided(entry);
      case IntentRecorded.type:
        return begun(entry, entry.time);
      case OutcomeRecorded.type:
        return begun(entry, startOf(entry));
      default:
        return [];
    }
  }

  private decided({ index, time, extensions }: RuleEntry): Finding[] {
    const claims = extensions.permit === undefined ? undefined : permitClaimsOf(extensions.permit);
    if (!claims) return [];
    const ruled = { index, time, version: claims.pol.v, hash: claims.pol.h };
    this.ruled.push(ruled);
    return [...this.policySets].flatMap(([version, set]) => policyFindings(ruled, version, set));
  }

  private activated({ index, data }: RuleEntry): Finding[] {
    if (typeof data !== 'object' || data === null) return [];
    const { version, hash, at } = data as Activation;
    const known = this.policySets.get(version);
    if (known) return known.hash === hash ? [] : [found('R5', 'policy_conflict', [index, known.index], `Policy set ${version} was activated with two hashes.`)];
    const set = { index, hash, at: Date.parse(at) };
    this.policySets.set(version, set);
    return this.ruled.flatMap((ruled) => policyFindings(ruled, version, set));
  }
}

function policyFindings(ruled: Ruled, version: number, set: InForce): Finding[] {
  if (ruled.version === version) {
    return ruled.hash === set.hash ? [] : [found('R5', 'policy_hash_mismatch', [ruled.index, set.index], `The permit names another hash for policy set ${version} than its activation.`)];
  }
  const stale = ruled.version < version && ruled.time > set.at + policyLeewayMs;
  return stale ? [found('R5', 'policy_stale', [ruled.index, set.index], `The permit was given under policy set ${ruled.version} after set ${version} was in force.`)] : [];
}

/** When the effect began, as far as it is known and as there was one. */
export function startOf({ extensions, data }: RuleEntry): number | undefined {
  if (extensions.result === 'failed' || typeof data !== 'object' || data === null) return undefined;
  const { startedAt } = data as Outcome;
  return startedAt === undefined ? undefined : Date.parse(startedAt);
}

function begun({ index, extensions }: RuleEntry, at: number | undefined): Finding[] {
  const claims = extensions.permit === undefined ? undefined : permitClaimsOf(extensions.permit);
  if (!claims || at === undefined) return [];
  if (at > claims.exp * 1000 + clockSkewMs) return [found('R5', 'expired', [index], `It began at ${iso(at)}, its permit had expired at ${iso(claims.exp * 1000)}.`)];
  if (at < claims.nbf * 1000 - clockSkewMs) return [found('R5', 'not_yet_valid', [index], `It began at ${iso(at)}, its permit is valid from ${iso(claims.nbf * 1000)}.`)];
  return [];
}

const iso = (ms: number): string => new Date(ms).toISOString();
