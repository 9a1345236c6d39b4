// SPDX-License-Identifier: Apache-2.0
import type { AgentChanged, DecisionMade, PermitReturned, ProposalMade, RequestChanged } from '@nervus/contracts';
import { isStronger } from './demands.js';
import { type Decided, type DecisionContext, denial, permission } from './decision.js';
import { evidenceOf } from './evidence-packet.js';
import { barredPersons, type Draw, ended, isComplete, isReachable, newRequest, type Request, requestChanged } from './request.js';
import { type Judged, type Ruling, ruleOnProposal, unjudged } from './rule-on-proposal.js';

/**
 * One document for one proposed action: what was proposed, the question to people if there is one, and the newest
 * decision. One ruling, one verdict, one expiry is one compare-and-set of it, so no two answers can both win.
 */
export interface ActionState {
  readonly tenant: string;
  readonly digest: string;
  readonly proposal: ProposalMade;
  /** Where the proposal came from, for the records that follow from it later. */
  readonly cause: ProposalCause;
  /** How often it was ruled on. */
  readonly rulings: number;
  /** How many requests were opened; the current one, and the one before. */
  readonly requests: number;
  readonly request?: Request;
  readonly previousRequestId?: string;
  readonly decision?: { readonly result: DecisionMade['result']; readonly code: string; readonly automatic: boolean; readonly jti?: string; readonly exp?: number };
}

export interface ProposalCause {
  readonly id: string;
  readonly correlationId: string;
  readonly hops: number;
  readonly traceparent?: string;
}

/** What is published with a change of state. */
export type Fact = { readonly kind: 'request'; readonly data: RequestChanged } | { readonly kind: 'decision'; readonly decided: Decided };

export interface Change {
  readonly state: ActionState;
  readonly facts: readonly Fact[];
}

/** Everything a change depends on besides the document and the record that causes it. */
export interface World extends DecisionContext {
  readonly agent: AgentChanged;
  readonly stopped: boolean;
  readonly draw: Draw;
}

/** What an action's document begins with. */
export type Arrival = Pick<ActionState, 'tenant' | 'digest' | 'proposal' | 'cause'>;

/** A proposal arrived: the first ruling on its action. */
export const firstRuling = (arrival: Arrival, world: World): Change => follow({ ...arrival, rulings: 1, requests: 0 }, ruleOnProposal(arrival.proposal, world), world);

/** A proposal arrived that no ruling is needed for: it was changed on its way, or its time is over. */
export const firstDenial = (arrival: Arrival, result: 'refused' | 'expired', code: 'digest_mismatch' | 'proposal_expired', context: Pick<World, 'set'>): Change => {
  const state: ActionState = { ...arrival, rulings: 1, requests: 0 };
  return decide(state, denial(state, result, code, unjudged, context));
};

/**
 * A permit came back unused. An automatic one is ruled on again under today's policy; one that people approved only
 * when the policy set moved on, and it keeps their votes unless the new ruling is stricter. Anything else changes nothing.
 */
export function rulingOnReturned(state: ActionState, returned: PermitReturned, world: World): Change | 'unchanged' {
  const { decision, request } = state;
  if (decision?.jti !== returned.jti || state.digest !== returned.digest) return 'unchanged';
  if (!decision.automatic && returned.code === 'permit_expired') return 'unchanged';
  const again: ActionState = { ...state, rulings: state.rulings + 1 };
  const ruling = ruleOnProposal(state.proposal, world);
  if (decision.automatic || !request) return follow(again, ruling, world);
  const barred = barredPersons(state.proposal.action, world.agent, world.set.registry);
  if (ruling.kind === 'automatic' || (ruling.kind === 'ask' && !isStricter(ruling, request) && isComplete(request, request.votes, barred, world.set.registry))) return decide(again, permission(again, asApproved(request, ruling), world, { request, barred }));
  return follow(again, ruling, world);
}

/** Carries out a ruling: permit at once, open a request, or refuse. */
export function follow(state: ActionState, ruling: Ruling, world: World, before: readonly Fact[] = []): Change {
  switch (ruling.kind) {
    case 'automatic':
      return decide(state, permission(state, ruling, world), before);
    case 'expired':
      return decide(state, denial(state, 'expired', ruling.code, ruling, world), before);
    case 'refuse':
      // People see what would have been theirs to decide; what was never a question is a decision alone.
      return ruling.demands ? ask(state, { ...ruling, kind: 'ask', demands: ruling.demands }, world, before, { state: 'refused', code: ruling.code }) : decide(state, denial(state, 'refused', ruling.code, ruling, world), before);
    case 'ask':
      return ask(state, ruling, world, before);
  }
}

function ask(state: ActionState, ruling: Extract<Ruling, { kind: 'ask' }>, world: World, before: readonly Fact[], atOnce?: { readonly state: 'refused'; readonly code: string }): Change {
  const { proposal, digest } = state;
  const { set, agent, now, draw } = world;
  const evidence = evidenceOf(proposal, digest, ruling, agent, set);
  if (!evidence) return decide(state, denial(state, 'refused', 'evidence_too_large', ruling, world), before);
  const requests = state.requests + 1;
  const opened = newRequest({ actionId: proposal.action.actionId, n: requests, demands: ruling.demands, evidence, now, notAfter: proposal.expiresAt, draw });
  const barred = barredPersons(proposal.action, agent, set.registry);
  const end = atOnce ?? (isReachable(ruling.demands, barred, set.registry) ? undefined : { state: 'expired' as const, code: 'quorum_unreachable' });
  const request: Request = end ? { ...opened, ...end } : opened;
  const { decision: _, ...rest } = state;
  const asked: ActionState = { ...rest, requests, request, ...(state.request ? { previousRequestId: state.request.requestId } : {}) };
  const facts: Fact[] = [...before, { kind: 'request', data: requestChanged(request) }];
  return end ? decide(asked, denial(asked, end.state, end.code, ruling, world, request), facts) : { state: asked, facts };
}

/** Puts a decision on the document. */
export function decide(state: ActionState, decided: Decided, before: readonly Fact[] = []): Change {
  const { result, code } = decided.data;
  const decision = { result, code, automatic: result === 'permitted' && !decided.data.request, ...decided.permit };
  return { state: { ...state, decision }, facts: [...before, { kind: 'decision', decided }] };
}

/** True when what is asked now is more than what was asked then, so that a yes to that is none to this. */
export function isStricter(ruling: Judged & { readonly demands: Request['demands'] }, request: Request): boolean {
  const { demands } = ruling;
  return (
    ruling.tier > request.packet.tier ||
    demands.quorum > request.demands.quorum ||
    isStronger(demands.proof, request.demands.proof) ||
    demands.approvers.some((group) => !request.demands.approvers.includes(group))
  );
}

/** What people approved, under the policies that permit it now. */
export const asApproved = (request: Request, ruling: Judged): Judged => ({ tier: request.packet.tier, risk: request.packet.risk, policies: ruling.policies, tainted: ruling.tainted });

/** Ends the open request of a document with a denial. */
export function endRequest(state: ActionState, request: Request, result: 'refused' | 'expired', code: string, context: Pick<World, 'set'>): Change {
  const over = ended(request, result, code);
  const judged: Judged = { tier: request.packet.tier, risk: request.packet.risk, policies: request.packet.policies, tainted: [] };
  const next: ActionState = { ...state, request: over };
  return decide(next, denial(next, result, code, judged, context, over), [{ kind: 'request', data: requestChanged(over) }]);
}
