// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';
import { Json, Name, Sha256, TenantId, Uuid } from './fields.js';

/** What an operation does to the world; what is not declared counts as the worst. */
export const Effect = Type.Union([
  Type.Literal('read'),
  Type.Literal('write'),
  Type.Literal('irreversible'),
  Type.Literal('message'),
  Type.Literal('money'),
  Type.Literal('privilege'),
]);
export type Effect = Static<typeof Effect>;

/** The agent as an action names it: its manifest's semantic version and digest. */
export const AgentReference = Type.Object(
  { name: Name, version: Type.String({ pattern: '^\\d+\\.\\d+\\.\\d+$' }), digest: Sha256 },
  { additionalProperties: false },
);
export type AgentReference = Static<typeof AgentReference>;

/**
 * One action with everything that matters in it. Its digest is base64url(SHA-256) over the JCS form (RFC 8785);
 * rulings, permits, credentials and outcomes all name that digest. `target` and `effect` are never free: they are
 * what {@link targetAndEffect} makes of the tool's descriptor and `params`.
 */
export const ExactAction = Type.Object(
  {
    v: Type.Literal(1),
    tenant: TenantId,
    actionId: Uuid,
    runId: Uuid,
    agent: AgentReference,
    tool: Name,
    operation: Name,
    toolVersion: Type.Integer({ minimum: 1 }),
    toolSchema: Sha256,
    target: Type.String({ maxLength: 2048 }),
    params: Type.Record(Type.String(), Json),
    effect: Effect,
    onBehalfOf: Type.Optional(Type.String({ maxLength: 255 })),
    compensates: Type.Optional(Uuid),
  },
  { additionalProperties: false, description: 'one action with everything that matters in it' },
);
export type ExactAction = Static<typeof ExactAction>;
