// SPDX-License-Identifier: Apache-2.0
import { type AgentChanged, derivedId, type EvidencePacket, type ExactAction, type RequestChanged, type VerdictGiven, type Vote } from '@nervus/contracts';
import type { Evidence } from './evidence-packet.js';
import { type Barred, isBarred } from './persons-header.js';
import { makeQuorum } from './quorum.js';
import type { Person, Registry } from './registry.js';
import type { StrictestDemands } from './demands.js';

/** A question to people. `version` counts every change, `revision` only changes of what is judged. */
export interface Request {
  readonly requestId: string;
  readonly version: number;
  readonly revision: number;
  /** 128 random bits: a verdict names it, so that none can be prepared before the question is asked. */
  readonly nonce: string;
  /** 128 random bits for {@link personsHeader}. */
  readonly salt: string;
  readonly state: RequestChanged['state'];
  /** Why it ended; absent while open. */
  readonly code?: string;
  readonly packet: EvidencePacket;
  readonly evidenceHash: string;
  readonly demands: StrictestDemands;
  readonly votes: readonly Vote[];
  readonly openedAt: string;
  readonly expiresAt: string;
}

/** Random values that a new request is given from outside, so that the domain stays a function. */
export interface Draw {
  readonly nonce: string;
  readonly salt: string;
}

/** The n-th request about an action. */
export const requestIdOf = (actionId: string, n: number): string => derivedId('request', actionId, String(n));

export function newRequest(of: { actionId: string; n: number; demands: StrictestDemands; evidence: Evidence; now: number; notAfter: string; draw: Draw }): Request {
  // Nothing may be done for a run that has moved on: a question ends with its proposal.
  const expiresAt = Math.min(of.now + of.demands.expiresMs, Date.parse(of.notAfter));
  return {
    requestId: requestIdOf(of.actionId, of.n),
    version: 1,
    revision: 1,
    nonce: of.draw.nonce,
    salt: of.draw.salt,
    state: 'open',
    packet: of.evidence.packet,
    evidenceHash: of.evidence.hash,
    demands: of.demands,
    votes: [],
    openedAt: new Date(of.now).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
  };
}

/** Ends a request; terminal states are left to nobody. */
export const ended = (request: Request, state: Exclude<Request['state'], 'open'>, code: string): Request => ({ ...request, version: request.version + 1, state, code });

/**
 * Persons who may not decide about this action: owner and editors of the agent and whom it acts for. A group bars all
 * its members; accounts were joined to persons before.
 */
export function barredPersons(action: ExactAction, agent: AgentChanged, registry: Registry): Barred {
  const personsOf = (refs: readonly string[]): string[] => [...new Set(refs.flatMap((ref) => [...(ref.startsWith('person:') ? [ref] : []), ...registry.membersOf(ref).map((person) => person.ref)]))].toSorted();
  return { owner: personsOf([agent.owner]), editors: personsOf(agent.editors), onBehalfOf: personsOf(action.onBehalfOf === undefined ? [] : [action.onBehalfOf]) };
}

/** True when enough distinct persons without a conflict exist to answer. */
export function isReachable(demands: StrictestDemands, barred: Barred, registry: Registry): boolean {
  return makeQuorum(registry.persons.filter((person) => !isBarred(barred, person.ref)), demands.approvers, demands.quorum);
}

/** Approving votes of persons who are still entitled, make the quorum. */
export function isComplete(request: Request, votes: readonly Vote[], barred: Barred, registry: Registry): boolean {
  const persons = votes.filter((vote) => vote.verdict === 'approve' && !isBarred(barred, vote.person)).map((vote) => registry.find(vote.person)).filter((person) => person !== undefined);
  return makeQuorum(persons, request.demands.approvers, request.demands.quorum);
}

export type VerdictFault =
  | 'already_decided'
  | 'already_consumed'
  | 'already_voted'
  | 'expired'
  | 'revision_stale'
  | 'evidence_mismatch'
  | 'digest_mismatch'
  | 'not_entitled'
  | 'separation_of_duties'
  | 'session_too_old'
  | 'reason_too_short';

/** A session that is older must log in again before it decides. */
const longestSessionMs = 12 * 3_600_000;
const skewMs = 60_000;
const shortestReason = 20;

export interface VerdictContext {
  readonly person: Person | undefined;
  readonly barred: Barred;
  readonly now: number;
}

/** The vote that a verdict is worth, or why it is worth none. */
export function judgeVerdict(request: Request, verdict: VerdictGiven, { person, barred, now }: VerdictContext): { readonly vote: Vote } | { readonly fault: VerdictFault; readonly detail: string } {
  const fault = (code: VerdictFault, detail: string): { fault: VerdictFault; detail: string } => ({ fault: code, detail });
  if (request.votes.some((vote) => vote.commandId === verdict.commandId)) return fault('already_consumed', 'This verdict was counted before.');
  if (request.state !== 'open') return fault('already_decided', `This request is ${request.state}${request.code === undefined ? '' : ` (${request.code})`}.`);
  if (now >= Date.parse(request.expiresAt)) return fault('expired', `This request expired at ${request.expiresAt}.`);
  if (!person) return fault('not_entitled', 'This account belongs to no registered person.');
  if (isBarred(barred, person.ref)) return fault('separation_of_duties', 'Owners and editors of an agent, and those it acts for, may not decide about its actions.');
  const groups = person.groups.filter((group) => request.demands.approvers.includes(group));
  if (groups.length === 0) return fault('not_entitled', `This request is for ${request.demands.approvers.join(', ')}.`);
  if (verdict.revision !== request.revision || verdict.nonce !== request.nonce) return fault('revision_stale', `Revision ${request.revision} is open: look at it again.`);
  if (verdict.digest !== request.packet.digest) return fault('digest_mismatch', 'The verdict names another action than the request.');
  if (verdict.evidenceHash !== request.evidenceHash) return fault('evidence_mismatch', 'The verdict was given on other evidence than the request holds.');
  if (request.votes.some((vote) => vote.person === person.ref)) return fault('already_voted', 'A person has one vote.');
  const authenticated = Date.parse(verdict.by.authenticatedAt);
  if (authenticated > now + skewMs || now - authenticated > longestSessionMs) return fault('session_too_old', 'Log in again: a verdict needs a login of the last 12 hours.');
  const reason = verdict.reason.trim();
  if ((verdict.verdict === 'reject' || request.packet.tier >= 2) && Array.from(reason).length < shortestReason) return fault('reason_too_short', `Give a reason of at least ${shortestReason} characters.`);
  return { vote: { person: person.ref, verdict: verdict.verdict, at: new Date(now).toISOString(), reason: verdict.reason, groups: [...groups], proof: 'session', commandId: verdict.commandId } };
}

/** A request as it is published. */
export function requestChanged(request: Request): RequestChanged {
  const { requestId, version, revision, nonce, state, code, packet, evidenceHash, demands, votes, openedAt, expiresAt } = request;
  return {
    requestId, version, revision, nonce, state, ...(code === undefined ? {} : { code }), packet, evidenceHash, approvers: [...demands.approvers], quorum: demands.quorum, proof: demands.proof, votes: [...votes], openedAt, expiresAt,
  };
}
