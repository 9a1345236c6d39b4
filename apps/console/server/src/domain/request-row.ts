// SPDX-License-Identifier: Apache-2.0
import type { RequestChanged } from '@nervus/contracts';

export const requestStates = ['open', 'permitted', 'refused', 'expired', 'superseded'] as const;
export type RequestState = (typeof requestStates)[number];

/** What a list says of a request: small, since thousands are read to show fifty. */
export interface RequestRow {
  readonly tenant: string;
  readonly requestId: string;
  readonly version: number;
  readonly revision: number;
  readonly state: RequestState;
  readonly code: string | null;
  readonly actionId: string;
  readonly runId: string;
  readonly tier: number;
  readonly risk: number;
  readonly agent: string;
  /** `http.request`. */
  readonly tool: string;
  readonly target: string;
  /** What it is about, in the words of its first source or else of the agent: to tell rows apart, not to judge by. */
  readonly about: string;
  readonly owner: string;
  readonly approvals: number;
  readonly quorum: number;
  readonly approvers: readonly string[];
  /** How many warnings the packet carries. */
  readonly flags: number;
  readonly openedAt: string;
  readonly expiresAt: string;
  /** When this state was appended, milliseconds. */
  readonly at: number;
  /** Lists ascend by it: open ones by deadline, then the higher tier; ended ones newest first. */
  readonly sort: number;
}

/** The whole of a request as it was published. Text, since parameter names may be anything, also what a database reserves. */
export interface RequestRecord {
  readonly tenant: string;
  readonly version: number;
  readonly json: string;
  /** Milliseconds after which an ended request is forgotten. */
  readonly forgetAt: number | null;
}

const highestTier = 3;
/** Characters of `about`. */
const mostAbout = 120;

export function requestRow(tenant: string, request: RequestChanged, at: number): RequestRow {
  const { packet, state, expiresAt, votes } = request;
  const { action } = packet;
  return {
    tenant,
    requestId: request.requestId,
    version: request.version,
    revision: request.revision,
    state,
    code: request.code ?? null,
    actionId: action.actionId,
    runId: action.runId,
    tier: packet.tier,
    risk: packet.risk.score,
    agent: action.agent.name,
    tool: `${action.tool}.${action.operation}`,
    target: action.target,
    about: Array.from(packet.sources[0]?.title ?? packet.reasons[0]?.text ?? '').slice(0, mostAbout).join(''),
    owner: packet.owner,
    approvals: votes.filter(({ verdict }) => verdict === 'approve').length,
    quorum: request.quorum,
    approvers: request.approvers,
    flags: packet.flags.length,
    openedAt: request.openedAt,
    expiresAt,
    at,
    sort: state === 'open' ? Date.parse(expiresAt) * (highestTier + 1) + highestTier - packet.tier : -at,
  };
}

/** The list that a row stands in. */
export const requestList = ({ tenant, state }: Pick<RequestRow, 'tenant' | 'state'>): string => `${tenant}/${state}`;
