// SPDX-License-Identifier: Apache-2.0
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Constraints } from '@nervus/agent-manifest';
import { Tier } from '@nervus/contracts';
import { type Demands, parseDuration } from './demands.js';

const Constraint = Type.Object(
  {
    const: Type.Optional(Type.Unknown()),
    enum: Type.Optional(Type.Array(Type.Unknown(), { minItems: 1 })),
    pattern: Type.Optional(Type.String()),
    min: Type.Optional(Type.Number()),
    max: Type.Optional(Type.Number()),
    maxLength: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  // An unknown keyword could be one that binds: without understanding it there is no permit.
  { additionalProperties: false },
);

/** What approval reads of an agent's manifest; the rest is reasoning's. Extra members are none of its business. */
const Read = Type.Object({
  spec: Type.Object({
    tools: Type.Array(Type.Object({ ref: Type.String(), constraints: Type.Optional(Type.Record(Type.String(), Constraint)) }), { maxItems: 200 }),
    approval: Type.Optional(
      Type.Object({
        minTier: Type.Optional(Tier),
        reviewers: Type.Optional(Type.String({ pattern: '^group:[a-z0-9][a-z0-9-]{0,62}$' })),
        quorum: Type.Optional(Type.Integer({ minimum: 1, maximum: 99 })),
        expiresIn: Type.Optional(Type.Union([Type.String(), Type.Integer({ minimum: 1, description: 'milliseconds' })])),
      }),
    ),
  }),
});

/** What a manifest allows an agent and asks of people. It can only tighten what the policies say. */
export interface AgentRules {
  /** Constraints by tool reference, such as `slack.post@1`. */
  readonly tools: ReadonlyMap<string, Constraints>;
  readonly minTier: Tier;
  readonly demands: Demands;
}

/** Reads those rules; the fault in words where a manifest does not have this form, because a guess would loosen it. */
export function readManifest(manifest: unknown): AgentRules | { readonly fault: string } {
  if (!Value.Check(Read, manifest)) {
    const [first] = Value.Errors(Read, manifest);
    return { fault: `the manifest is not understood at ${first?.instancePath || '/'}: ${first?.message ?? 'unknown fault'}` };
  }
  const { tools, approval } = manifest.spec;
  const expiresMs = typeof approval?.expiresIn === 'string' ? parseDuration(approval.expiresIn) : approval?.expiresIn;
  if (approval?.expiresIn !== undefined && (expiresMs === undefined || expiresMs <= 0)) return { fault: `spec.approval.expiresIn: "${approval.expiresIn}" is not a time such as 4h` };
  return {
    tools: new Map(tools.map(({ ref, constraints }) => [ref, constraints ?? {}])),
    minTier: approval?.minTier ?? 0,
    demands: {
      approvers: approval?.reviewers === undefined ? [] : [approval.reviewers],
      ...(approval?.quorum === undefined ? {} : { quorum: approval.quorum }),
      ...(expiresMs === undefined ? {} : { expiresMs }),
    },
  };
}
