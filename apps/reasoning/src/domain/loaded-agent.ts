// SPDX-License-Identifier: Apache-2.0
import type { AgentReference, IntelligenceProduced, SignalAccepted } from '@nervus/contracts';
import { type Agent, type AgentManifest, type AgentTool, budgetsOf, compileOutputSchema, defaultExpiresIn, defaultHops, type OutputSchema, type ProposalTemplate } from '@nervus/agent-manifest';
import type { RulesBrain } from './brains/brain.js';
import { rulesBrainOf } from './brains/brain-of.js';

/** An agent in force, compiled: what starts it, how it thinks, what it may do. */
export interface LoadedAgent {
  readonly tenant: string;
  readonly reference: AgentReference;
  readonly recordVersion: number;
  readonly manifest: AgentManifest;
  readonly tools: readonly AgentTool[];
  readonly budgets: ReturnType<typeof budgetsOf>;
  readonly hops: number;
  readonly expiresInMs: number;
  readonly rules: RulesBrain | undefined;
  readonly proposals: readonly ProposalTemplate[];
  readonly outputs: ReadonlyMap<IntelligenceProduced['kind'], Output>;
  /** What the model is told, and what its assessment must look like; absent with mode: rules. */
  readonly model: { readonly name: string; readonly prompt: string; readonly output: OutputSchema; readonly fallback: boolean } | undefined;
}

export interface Output {
  readonly class: IntelligenceProduced['class'];
  readonly schema: OutputSchema | undefined;
}

/** Compiles an agent that was validated. */
export function loadAgent(tenant: string, agent: Agent, recordVersion: number): LoadedAgent {
  const { manifest, files } = agent;
  const { metadata, spec } = manifest;
  const textOf = (path: string | undefined): string => (path === undefined ? '' : (files.get(path) ?? ''));
  return {
    tenant,
    reference: { name: metadata.name, version: metadata.version, digest: agent.digest },
    recordVersion,
    manifest,
    tools: agent.tools,
    budgets: budgetsOf(manifest),
    hops: spec.guardrails?.hops ?? defaultHops,
    expiresInMs: spec.approval?.expiresIn ?? defaultExpiresIn,
    rules: rulesBrainOf(agent),
    proposals: agent.rules?.proposals ?? [],
    outputs: new Map((spec.outputs ?? []).map((output) => [output.type, { class: output.class, schema: output.schema === undefined ? undefined : compileOutputSchema(textOf(output.schema)) }])),
    model: spec.brain.mode === 'llm' ? { name: spec.brain.model ?? '', prompt: textOf(spec.brain.prompt), output: compileOutputSchema(textOf(spec.brain.output)), fallback: spec.brain.fallback === 'rules' } : undefined,
  };
}

/** Whether one of the agent's triggers fits a signal. */
export function isTriggeredBy(agent: LoadedAgent, signal: Pick<SignalAccepted, 'kind' | 'source' | 'subject' | 'origin'>): boolean {
  const allows = (names: readonly string[] | undefined, name: string): boolean => names === undefined || names.includes(name);
  return agent.manifest.spec.triggers.some(({ signal: wanted }) => allows(wanted.kind, signal.kind) && allows(wanted.source, signal.source) && allows(wanted.subject, signal.subject) && allows(wanted.type, signal.origin.type));
}
