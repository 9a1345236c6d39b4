// SPDX-License-Identifier: Apache-2.0
import { type CatalogueEntry, type ExactAction, findOperation, maxHops, targetAndEffect, type Tier } from '@nervus/contracts';
import { digestOfAction, idempotencyKeyOf, type Permit, toolSchemaOf, VerificationError, verifyPermit, type WorkloadDirectory } from '@nervus/trust';
import { Compile, type Validator } from 'typebox/compile';

/** Where a decision came from, for the records that follow from it, however much later. */
export interface Cause {
  readonly id: string;
  readonly correlationId: string;
  readonly hops: number;
  readonly tenant: string;
  readonly traceparent?: string;
}

/** What a decision says, before any of it is believed. */
export interface Claimed {
  readonly tenant: string;
  readonly action: ExactAction;
  readonly digest: string;
  readonly tier: Tier;
  /** Compact JWS. */
  readonly permit: string;
  /** Leaf hash of the decision's record, as the log holds it. */
  readonly decisionLeaf: string;
  /** When approval decided, RFC 3339. */
  readonly decidedAt: string;
  readonly cause: Cause;
}

/** An action under a permit that was good when it was taken in: what records about it need. */
export interface Named extends Claimed {
  /** Id of the permit. */
  readonly jti: string;
}

/** An action that may be carried out: its permit is good for exactly it, and the tool is the one that was permitted. */
export interface Permitted extends Named {
  readonly claims: Permit;
  readonly entry: CatalogueEntry;
  /** The same for every attempt, never shared with another action. */
  readonly idempotencyKey: string;
}

/** `wait`: the key that signed the permit has not been seen yet. `refused` never changes. */
export type Check = { readonly verdict: 'good'; readonly permitted: Permitted } | { readonly verdict: 'wait' | 'refused'; readonly code: string; readonly detail: string };

/** Times are judged where the action is about to begin, so the permit's own are not looked at here. */
const anyTime = 1_000_000_000;

/**
 * Holds a decision to its permit: signature and signer, digest computed again, tool, schema, target and effect.
 * Codes: `permit_<reason>` for what is wrong with the permit itself, `digest_mismatch`, `permit_mismatch`,
 * `tenant_mismatch`, `hops_exceeded`, `tool_unknown`, `tool_schema_mismatch`, `schema_invalid`, `target_mismatch`.
 * @param trustDomain in which agents have their SPIFFE IDs
 */
export function checkPermitted(claimed: Claimed, directory: WorkloadDirectory, trustDomain: string, nowMs: number): Check {
  const { action, tenant } = claimed;
  let claims: Permit;
  try {
    claims = verifyPermit(claimed.permit, { directory, audience: 'action', now: nowMs, skewSeconds: anyTime });
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return { verdict: error.retryable ? 'wait' : 'refused', code: `permit_${error.code}`, detail: error.message };
  }
  if (action.tenant !== tenant) return refused('tenant_mismatch', `the action belongs to tenant ${action.tenant}, its record to ${tenant}`);
  if (claimed.cause.hops >= maxHops) return refused('hops_exceeded', `the decision is ${claimed.cause.hops} steps from its first signal: its outcome could not be published`);
  const digest = digestOfAction(action);
  if (digest !== claims.act || digest !== claimed.digest) return refused('digest_mismatch', `the action has the digest ${digest}, its permit is for ${claims.act}, its decision for ${claimed.digest}`);
  if (claims.aid !== action.actionId || claims.tier !== claimed.tier || claims.sub !== `spiffe://${trustDomain}/tenant/${tenant}/agent/${action.agent.name}`) {
    return refused('permit_mismatch', `the permit names action ${claims.aid} of ${claims.sub} in tier ${claims.tier}, the decision another`);
  }
  const entry = findOperation(action.tool, action.operation, action.toolVersion);
  if (!entry) return refused('tool_unknown', `there is no ${action.tool}.${action.operation}@${action.toolVersion} in the catalogue of this release`);
  const problem = problemWithTool(action, entry);
  return problem ?? { verdict: 'good', permitted: { ...claimed, jti: claims.jti, claims, entry, idempotencyKey: idempotencyKeyOf(digest) } };
}

function problemWithTool(action: ExactAction, { tool, operation }: CatalogueEntry): Check | undefined {
  const schema = toolSchemaOf(tool, operation);
  if (schema !== action.toolSchema) return refused('tool_schema_mismatch', `${action.tool}.${action.operation} has the schema ${schema} here, ${action.toolSchema} was permitted`);
  const [fault] = validatorOf(schema, operation.input).Errors(action.params);
  if (fault) return refused('schema_invalid', `the parameters do not fit ${action.tool}.${action.operation}: ${fault.instancePath || '/'} ${fault.message}`);
  const { target, effect } = targetAndEffect(operation, action.params);
  if (target !== action.target || effect !== action.effect) return refused('target_mismatch', `the parameters mean ${effect} on ${target}, ${action.effect} on ${action.target} was permitted`);
  return undefined;
}

const validators = new Map<string, Validator>();

function validatorOf(schema: string, input: CatalogueEntry['operation']['input']): Validator {
  let validator = validators.get(schema);
  if (!validator) validators.set(schema, (validator = Compile(input)));
  return validator;
}

const refused = (code: string, detail: string): Check => ({ verdict: 'refused', code, detail });

/** A claimed action as a document keeps it: the action as text, because its keys are not ours and may hold dots and dollars. */
export type Stored = Omit<Claimed, 'action'> & { readonly action: string };

export function stored({ tenant, action, digest, tier, permit, decisionLeaf, decidedAt, cause }: Claimed): Stored {
  return { tenant, action: JSON.stringify(action), digest, tier, permit, decisionLeaf, decidedAt, cause };
}

export const claimedOf = (kept: Stored): Claimed => ({ ...kept, action: JSON.parse(kept.action) as ExactAction });
