// SPDX-License-Identifier: Apache-2.0
import type { StopChanged } from '@nervus/contracts';
import type { Permitted } from './permitted.js';
import { stopAgainst } from './stops.js';

/** What this process knows of the mesh at this moment. */
export interface MeshState {
  /** The policy set in force; undefined before the first was seen. */
  readonly policy: { readonly version: number; readonly hash: string } | undefined;
  /** Newest stop epoch seen. */
  readonly stopEpoch: number;
  readonly stops: Iterable<StopChanged>;
  /** Milliseconds since the last pulse that confirmed this view was appended; undefined before the first. */
  readonly pulseAgeMs: number | undefined;
  /** Milliseconds since audit last signed a checkpoint, as far as this process knows; since its start before the first. */
  readonly auditSilentMs: number;
  /** Whether `permit:<jti>` or `agent:<tenant>/<name>` was revoked. */
  readonly revoked: (subject: `permit:${string}` | `agent:${string}`) => boolean;
}

/** Why an action waits. It is never ended for any of these. */
export type HoldReason =
  | 'key_unknown'
  | 'not_yet_valid'
  | 'policy_ahead'
  | 'stops_ahead'
  | 'view_stale'
  | 'audit_away'
  | 'earlier_action'
  | 'receipt_missing'
  | 'credential_missing'
  | 'target_unavailable';

/** Whether an action may begin now. `return`: the permit is given back and approval rules again. `end`: it fails for good. */
export type Gate =
  | { readonly gate: 'open' }
  | { readonly gate: 'hold'; readonly reason: HoldReason; readonly detail: string }
  | { readonly gate: 'return'; readonly code: 'permit_expired' | 'policy_stale'; readonly detail: string }
  | { readonly gate: 'end'; readonly code: 'expired' | 'stopped' | 'revoked'; readonly detail: string };

/** From this age of the view on tier 1 is held; the age for tiers 2 and 3 is configured. Tier 0 has no effect outside and goes on. */
const staleTier1Ms = 60_000;

/** For how long action waits for others before it holds what it could do, in milliseconds. */
export interface GateLimits {
  /** Age of the view of stops from which tiers 2 and 3 are held. */
  readonly staleAfterMs: number;
  /** Silence of audit from which all tiers are held: what is done then might never enter the log. */
  readonly auditSilentMs: number;
}

/** Asked before anything is done for an action, and again just before it is sent. */
export function judgeGate({ action, claims }: Pick<Permitted, 'action' | 'claims'>, mesh: MeshState, nowMs: number, limits: GateLimits): Gate {
  if (nowMs >= claims.exp * 1000) {
    return claims.req ? { gate: 'end', code: 'expired', detail: 'The permit that people gave expired before the action could begin.' } : { gate: 'return', code: 'permit_expired', detail: 'The permit expired unused.' };
  }
  if (mesh.revoked(`permit:${claims.jti}`) || mesh.revoked(`agent:${action.tenant}/${action.agent.name}`)) return { gate: 'end', code: 'revoked', detail: 'The permit or its agent was revoked.' };
  const stop = stopAgainst(mesh.stops, action, claims);
  if (stop) return { gate: 'end', code: 'stopped', detail: `Stop ${stop.stopId} of epoch ${stop.epoch} covers this action.` };
  return judgeView(claims, mesh, nowMs, limits);
}

function judgeView(claims: Permitted['claims'], { policy, stopEpoch, pulseAgeMs, auditSilentMs }: MeshState, nowMs: number, limits: GateLimits): Gate {
  // It stands in whole seconds, rounded down: tolerance enough for clocks that are nearly right. Whatever begins earlier is held against us in the log.
  if (nowMs < claims.nbf * 1000) return hold('not_yet_valid', 'The permit is not valid yet.');
  if (!policy || claims.pol.v > policy.version) return hold('policy_ahead', `Policy set ${claims.pol.v} has not been seen yet.`);
  if (claims.stp > stopEpoch) return hold('stops_ahead', `Stop epoch ${claims.stp} has not been seen yet.`);
  if (claims.pol.v < policy.version || claims.pol.h !== policy.hash) return { gate: 'return', code: 'policy_stale', detail: `Policy set ${policy.version} is in force, the permit was made under ${claims.pol.v}.` };
  const limit = claims.tier === 0 ? Infinity : claims.tier === 1 ? staleTier1Ms : limits.staleAfterMs;
  if ((pulseAgeMs ?? Infinity) > limit) return hold('view_stale', pulseAgeMs === undefined ? 'No pulse has confirmed the view of stops yet.' : `The view of stops is ${Math.round(pulseAgeMs / 1000)} s old.`);
  if (auditSilentMs > limits.auditSilentMs) return hold('audit_away', `Audit has signed nothing for ${Math.round(auditSilentMs / 60_000)} minutes.`);
  return { gate: 'open' };
}

const hold = (reason: HoldReason, detail: string): Gate => ({ gate: 'hold', reason, detail });
