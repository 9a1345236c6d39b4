// SPDX-License-Identifier: Apache-2.0
import type { VerdictGiven } from '@nervus/contracts';
import { type ActionState, asApproved, type Change, decide, endRequest, type Fact, follow, isStricter, type World } from './action-state.js';
import { permission } from './decision.js';
import type { Barred } from './persons-header.js';
import { barredPersons, ended, isComplete, judgeVerdict, type Request, requestChanged, type VerdictFault } from './request.js';
import { ruleOnProposal } from './rule-on-proposal.js';

/** What a command is answered with. */
export interface Answer {
  readonly code: string;
  readonly status: 200 | 403 | 404 | 409 | 422;
  readonly detail: string;
}

const statusOf: Readonly<Record<VerdictFault, Answer['status']>> = {
  already_decided: 409, already_consumed: 409, already_voted: 409, expired: 409, revision_stale: 409, evidence_mismatch: 422, digest_mismatch: 422, not_entitled: 403, separation_of_duties: 403, session_too_old: 403, reason_too_short: 422,
};

export interface VerdictResult extends Change {
  readonly answer: Answer;
}

/** There is no such request, or it is not this tenant's: the same answer for both, so that ids cannot be probed. */
export const unknownRequest: Answer = { code: 'unknown_request', status: 404, detail: 'There is no such request.' };

/**
 * A person said yes or no. The first refusal ends the request; an approval counts, and the one that completes the
 * quorum makes approval rule once more, under the policies and stops of this moment: stricter than what was asked, and
 * the votes are void and a new request opens.
 */
export function acceptVerdict(state: ActionState, verdict: VerdictGiven, world: World): VerdictResult {
  const { request } = state;
  if (!request || request.requestId !== verdict.requestId) return unchanged(state, state.previousRequestId === verdict.requestId ? { code: 'already_decided', status: 409, detail: 'This request was replaced by a newer one.' } : unknownRequest);
  const { registry } = world.set;
  const barred = barredPersons(state.proposal.action, world.agent, registry);
  const judged = judgeVerdict(request, verdict, { person: registry.personOf(verdict.by.account), barred, now: world.now });
  if ('fault' in judged) {
    const answer: Answer = { code: judged.fault, status: statusOf[judged.fault], detail: judged.detail };
    // The sweep has not come by yet: what is too late ends here.
    return judged.fault === 'expired' ? { ...endRequest(state, request, 'expired', 'expired', world), answer } : unchanged(state, answer);
  }
  const voted: Request = { ...request, votes: [...request.votes, judged.vote] };
  if (judged.vote.verdict === 'reject') return { ...endRequest(state, voted, 'refused', 'rejected', world), answer: accepted('The action is refused.') };
  if (!isComplete(voted, voted.votes, barred, registry)) {
    const waiting: Request = { ...voted, version: voted.version + 1 };
    return { state: { ...state, request: waiting }, facts: [{ kind: 'request', data: requestChanged(waiting) }], answer: accepted(`Counted: ${waiting.votes.length} of ${waiting.demands.quorum} or more persons.`) };
  }
  return complete({ ...state, request: voted }, voted, world, barred);
}

function complete(state: ActionState, request: Request, world: World, barred: Barred): VerdictResult {
  const ruling = ruleOnProposal(state.proposal, world);
  if (ruling.kind === 'automatic' || (ruling.kind === 'ask' && !isStricter(ruling, request))) {
    const over = ended(request, 'permitted', 'approved');
    const next: ActionState = { ...state, request: over };
    return { ...decide(next, permission(next, asApproved(request, ruling), world, { request: over, barred }), [{ kind: 'request', data: requestChanged(over) }]), answer: accepted('The action is permitted.') };
  }
  if (ruling.kind === 'ask' || (ruling.kind === 'refuse' && ruling.demands)) {
    const over = ended(request, 'superseded', 'policy_stricter');
    const before: Fact[] = [{ kind: 'request', data: requestChanged(over) }];
    const again: ActionState = { ...state, request: over, rulings: state.rulings + 1 };
    return { ...follow(again, ruling, world, before), answer: { code: 'policy_stricter', status: 409, detail: 'The policies ask for more by now: the votes are void and a new request was opened.' } };
  }
  const result = ruling.kind === 'expired' ? 'expired' : 'refused';
  return { ...endRequest(state, request, result, ruling.code, world), answer: { code: ruling.code, status: 409, detail: ruling.kind === 'refuse' ? `The action can no longer be permitted: ${ruling.detail}.` : 'The proposal has expired.' } };
}

/** The deadline of an open request has passed: expiry is a denial. */
export function expireRequest(state: ActionState, world: Pick<World, 'set' | 'now'>): Change | 'unchanged' {
  const { request } = state;
  return request?.state === 'open' && world.now >= Date.parse(request.expiresAt) ? endRequest(state, request, 'expired', 'expired', world) : 'unchanged';
}

/** A stop covers the action that people are still being asked about. */
export function stopRequest(state: ActionState, world: Pick<World, 'set'>): Change | 'unchanged' {
  return state.request?.state === 'open' ? endRequest(state, state.request, 'refused', 'stopped', world) : 'unchanged';
}

const accepted = (detail: string): Answer => ({ code: 'accepted', status: 200, detail });
const unchanged = (state: ActionState, answer: Answer): VerdictResult => ({ state, facts: [], answer });
