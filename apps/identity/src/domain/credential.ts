// SPDX-License-Identifier: Apache-2.0
import type { AgentChanged, CredentialRequested, StopChanged } from '@nervus/contracts';
import { findOperation, parseToolReference } from '@nervus/contracts';
import { digestOfAction, type Permit, toolSchemaOf } from '@nervus/trust';

/** What identity sees of the mesh at this moment. */
export interface View {
  /** Version of the policy set in force; undefined before the first was seen. */
  readonly policyVersion: number | undefined;
  /** Newest stop epoch seen. */
  readonly stopEpoch: number;
  readonly stops: readonly StopChanged[];
  readonly agent: AgentChanged | undefined;
  /** Milliseconds since the last pulse was appended; undefined before the first. */
  readonly pulseAgeMs: number | undefined;
  readonly permitRevoked: boolean;
  /** From this age on, in milliseconds, tiers 2 and 3 are held. */
  readonly staleAfterMs: number;
}

export type CredentialVerdict =
  | { readonly verdict: 'mint'; readonly audience: string; readonly expiresInSeconds: number }
  | { readonly verdict: 'hold'; readonly because: string }
  | { readonly verdict: 'refuse'; readonly code: string; readonly detail: string };

/** Longest life of a minted token in seconds, and the least that is worth minting. */
const ceilingSeconds = 300;

/**
 * Whether the permit of this request is worth a credential. Steps 2 to 6 of minting: permit, digest, manifest, policy
 * and stops, revocation. What identity has not seen yet holds the request; nothing is refused for being early.
 * @param permit verified; its signature, audience and times are good
 * @param requester SPIFFE ID of the record's producer
 */
export function judgeCredentialRequest(data: CredentialRequested, permit: Permit, requester: string, view: View, nowMs: number): CredentialVerdict {
  const action = data.nervus_action;
  const [access] = data.access_token.access;
  if (data.client !== requester) return refuse('invalid_client', 'The request names another client than the one that signed it.');
  if (digestOfAction(action) !== permit.act) return refuse('digest_mismatch', 'The action is not the one that was permitted.');
  if (permit.aid !== action.actionId || data.actionId !== action.actionId || data.runId !== action.runId || access?.identifier !== action.actionId) return refuse('digest_mismatch', 'Permit, request and action name different actions.');
  if (access.actions[0] !== `${action.tool}.${action.operation}`) return refuse('invalid_access', 'The access asked for is not the operation that was permitted.');
  const found = findOperation(action.tool, action.operation, action.toolVersion);
  if (!found || toolSchemaOf(found.tool, found.operation) !== action.toolSchema) return refuse('digest_mismatch', 'The tool is not the one that was permitted.');
  if (found.tool.credential !== 'token') return refuse('invalid_access', `The tool ${found.tool.id} takes no token.`);
  const audience = audienceOf(action.params);
  if (audience === undefined || access.locations[0] !== audience) return refuse('invalid_access', 'The location asked for is not the target that was permitted.');

  const held = mustWait(permit, view);
  if (held !== undefined) return { verdict: 'hold', because: held };
  if (view.policyVersion !== undefined && permit.pol.v < view.policyVersion) return refuse('policy_stale', 'Another policy set is in force than the permit was made under.');
  if (view.permitRevoked) return refuse('revoked', 'The permit was revoked.');
  const stop = view.stops.find((candidate) => matches(candidate, action.tenant, action.agent.name, `${action.tool}.${action.operation}`) && (candidate.active || candidate.epoch > permit.stp));
  if (stop) return refuse('stopped', `A stop covers this action: ${stop.reason}`);
  if (!view.agent || !listsTool(view.agent, action)) return refuse('tool_not_in_manifest', 'The manifest of the agent in force does not list this tool.');

  const left = permit.exp - Math.floor(nowMs / 1000);
  return left < 1 ? refuse('expired', 'The permit has expired.') : { verdict: 'mint', audience, expiresInSeconds: Math.min(ceilingSeconds, left) };
}

/** What has to be seen first; undefined when nothing. */
function mustWait(permit: Permit, view: View): string | undefined {
  if (view.policyVersion === undefined || permit.pol.v > view.policyVersion) return `policy set ${permit.pol.v} has not been seen yet`;
  if (permit.stp > view.stopEpoch) return `stop epoch ${permit.stp} has not been seen yet`;
  if (permit.tier >= 2 && (view.pulseAgeMs === undefined || view.pulseAgeMs > view.staleAfterMs)) return 'the view of stops is stale';
  return undefined;
}

/** Origin of the URL that the permitted action goes to: the one audience of its token. */
export function audienceOf(params: Readonly<Record<string, unknown>>): string | undefined {
  const { url } = params;
  return typeof url === 'string' && URL.canParse(url) ? new URL(url).origin : undefined;
}

function matches(stop: StopChanged, tenant: string, agent: string, tool: string): boolean {
  if (stop.tenant !== tenant) return false;
  const { scope } = stop;
  return scope.kind === 'all' || (scope.kind === 'agent' ? scope.name === agent : scope.name === tool);
}

function listsTool(agent: AgentChanged, action: CredentialRequested['nervus_action']): boolean {
  if (!agent.enabled) return false;
  const manifest = agent.manifest as { spec?: { tools?: readonly { ref?: unknown }[] } } | null;
  return (manifest?.spec?.tools ?? []).some(({ ref }) => {
    const parsed = typeof ref === 'string' ? parseToolReference(ref) : undefined;
    return parsed?.tool === action.tool && parsed.operation === action.operation && parsed.version === action.toolVersion;
  });
}

const refuse = (code: string, detail: string): CredentialVerdict => ({ verdict: 'refuse', code, detail });
