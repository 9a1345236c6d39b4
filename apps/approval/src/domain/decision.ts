// SPDX-License-Identifier: Apache-2.0
import { type DecisionMade, derivedId, type Tier } from '@nervus/contracts';
import { maxPermitSeconds, type Permit } from '@nervus/trust';
import type { ActionState } from './action-state.js';
import { type Barred, personsHeader } from './persons-header.js';
import { type ActivePolicySet, referenceOf } from './policy-set.js';
import type { Request } from './request.js';
import type { Judged } from './rule-on-proposal.js';

/** What signs permits and in whose name. */
export interface PermitIssuer {
  /** SPIFFE ID of approval. */
  readonly spiffeId: string;
  /** Trust domain that agents' SPIFFE IDs are in. */
  readonly trustDomain: string;
  /** Seconds that a permit lives at most, if its tier does not allow less. */
  readonly permitSeconds: number;
  /** Compact JWS of the claims under the current workload key. */
  issue(claims: Permit): string;
}

/** A decision that is to be published, with its signed headers. */
export interface Decided {
  readonly data: DecisionMade;
  /** What an action's document keeps of its permit. */
  readonly permit?: { readonly jti: string; readonly exp: number };
  readonly persons?: string;
}

/** The request behind a decision, and who was not to answer it. */
export interface Asked {
  readonly request: Request;
  readonly barred: Barred;
}

export interface DecisionContext {
  readonly set: ActivePolicySet;
  readonly stopEpoch: number;
  readonly now: number;
  readonly issuer: PermitIssuer;
}

/** SPIFFE ID of an agent, the subject of its permits and credentials. */
export const agentSpiffeId = (trustDomain: string, tenant: string, name: string): string => `spiffe://${trustDomain}/tenant/${tenant}/agent/${name}`;

/** One permit for each ruling: doing the same ruling again names the same permit. */
export const permitIdOf = (actionId: string, ruling: number): string => derivedId('permit', actionId, String(ruling));

/** Refused or expired: the final word without a permit. */
export function denial(state: ActionState, result: 'refused' | 'expired', code: string, judged: Judged, { set }: Pick<DecisionContext, 'set'>, request?: Request): Decided {
  return { data: { ...decisionData(state, judged, set, request), result, code } };
}

/** Permitted by policy alone, or by the people who approved the request. */
export function permission(state: ActionState, judged: Judged, context: DecisionContext, asked?: Asked): Decided {
  const claims = claimsOf(state, judged.tier, context, asked?.request);
  return {
    data: { ...decisionData(state, judged, context.set, asked?.request), result: 'permitted', code: asked ? 'approved' : 'automatic', permit: context.issuer.issue(claims) },
    permit: { jti: claims.jti, exp: claims.exp },
    ...persons(asked),
  };
}

function claimsOf({ tenant, proposal, digest, rulings }: ActionState, tier: Tier, { set, stopEpoch, now, issuer }: DecisionContext, request?: Request): Permit {
  const { action } = proposal;
  const nbf = Math.floor(now / 1000);
  // Nothing is done for a run that has moved on. A ruling on a proposal in its last second still gets a whole one.
  const exp = Math.max(nbf + 1, Math.min(nbf + Math.min(issuer.permitSeconds, maxPermitSeconds(tier)), Math.floor(Date.parse(proposal.expiresAt) / 1000)));
  return {
    iss: issuer.spiffeId,
    aud: 'action',
    jti: permitIdOf(action.actionId, rulings),
    sub: agentSpiffeId(issuer.trustDomain, tenant, action.agent.name),
    act: digest,
    aid: action.actionId,
    tier,
    pol: referenceOf(set),
    ...(request ? { req: { id: request.requestId, rev: request.revision }, evd: request.evidenceHash } : {}),
    stp: stopEpoch,
    nbf,
    exp,
    use: 1,
  };
}

function decisionData({ proposal, digest, rulings }: ActionState, judged: Judged, set: ActivePolicySet, request?: Request): Omit<DecisionMade, 'result' | 'code'> {
  return {
    action: proposal.action,
    digest,
    tier: judged.tier,
    risk: { score: judged.risk.score, rows: [...judged.risk.rows] },
    policies: [...judged.policies],
    policySet: referenceOf(set),
    registryVersion: set.registry.version,
    ruling: rulings,
    ...(request ? { request: { requestId: request.requestId, revision: request.revision, votes: [...request.votes], evidenceHash: request.evidenceHash } } : {}),
  };
}

function persons(asked: Asked | undefined): { persons?: string } {
  if (!asked) return {};
  const approved = asked.request.votes.filter(({ verdict }) => verdict === 'approve').map(({ person }) => person);
  return { persons: personsHeader(asked.request.salt, approved, asked.barred) };
}
