// SPDX-License-Identifier: Apache-2.0
import { type AgentReference, actionIdOf, type CatalogueEntry, type Label, type ProposalMade, targetAndEffect, type ExactAction } from '@nervus/contracts';
import { type AgentTool, brokenConstraints, operationOf } from '@nervus/agent-manifest';
import { canonicalize, digestOfAction, toolSchemaOf } from '@nervus/trust';
import { Compile, type Validator } from 'typebox/compile';
import { taintedControls } from './labels.js';

/** An action that a brain wants, before it is exact. */
export interface WantedAction {
  /** Names the action inside the run; part of its id. */
  readonly name: string;
  /** `alert.log@1`. */
  readonly tool: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** By pointer to each top-level parameter. */
  readonly labels: Readonly<Record<string, Label>>;
  readonly confidence: number;
  readonly reasons: ProposalMade['reasons'];
  readonly against: ProposalMade['against'];
}

/** What a proposal says besides the action. */
export interface ProposalFrame {
  readonly tenant: string;
  readonly runId: string;
  readonly agent: AgentReference;
  readonly agentRecordVersion: number;
  readonly tools: readonly AgentTool[];
  readonly sources: ProposalMade['sources'];
  readonly contextHash: string;
  readonly expiresAt: string;
}

export interface ExactProposal {
  readonly data: ProposalMade;
  /** Digest of the action: goes into a signed header. */
  readonly digest: string;
  readonly tainted: readonly string[];
}

/** Why an action is not proposed at all: approval would refuse it, and it is known here. */
export interface RefusedWish {
  readonly code: 'tool_not_granted' | 'params_invalid' | 'constraint_broken';
  readonly detail: string;
}

/** Makes a wanted action exact, or says why it cannot be proposed. Pure: the same wish gives the same action and id. */
export function exactProposal(frame: ProposalFrame, wanted: WantedAction): ExactProposal | RefusedWish {
  const granted = frame.tools.find((tool) => tool.ref === wanted.tool);
  const entry = usable(wanted.tool);
  if (!granted || !entry) return { code: 'tool_not_granted', detail: `the manifest gives this agent no tool ${JSON.stringify(wanted.tool)}` };
  const { tool, operation } = entry;
  const faults = entry.input.Check(wanted.params) ? [] : entry.input.Errors(wanted.params).map((error) => `${error.instancePath || '/'} ${error.message}`);
  if (faults.length > 0) return { code: 'params_invalid', detail: `${wanted.tool} does not accept these parameters: ${faults.slice(0, 4).join('; ')}` };
  const broken = brokenConstraints(granted.constraints, wanted.params)[0];
  if (broken) return { code: 'constraint_broken', detail: `${wanted.tool} ${broken.pointer} is not ${broken.keyword} ${broken.expected} as the manifest demands` };
  const { target, effect } = targetAndEffect(operation, wanted.params);
  const action: ExactAction = {
    v: 1,
    tenant: frame.tenant,
    actionId: actionIdOf(frame.runId, `/propose/${wanted.name}`, 1),
    runId: frame.runId,
    agent: frame.agent,
    tool: tool.id,
    operation: operation.name,
    toolVersion: tool.version,
    toolSchema: entry.schema,
    target,
    params: wanted.params,
    effect,
  };
  const data: ProposalMade = {
    action,
    labels: wanted.labels,
    confidence: wanted.confidence,
    reasons: wanted.reasons.slice(0, 16),
    against: wanted.against.slice(0, 16),
    sources: frame.sources,
    contextHash: frame.contextHash,
    agentRecordVersion: frame.agentRecordVersion,
    expiresAt: frame.expiresAt,
  };
  return { data, digest: digestOfAction(action), tainted: taintedControls(operation, wanted.params, wanted.labels) };
}

interface UsableTool extends CatalogueEntry {
  readonly input: Validator;
  readonly schema: string;
}

// The catalogue never changes while a process runs: each operation is compiled and hashed once.
const usableTools = new Map<string, UsableTool | undefined>();

function usable(reference: string): UsableTool | undefined {
  if (!usableTools.has(reference)) {
    const entry = operationOf(reference);
    if (!entry) return undefined;
    usableTools.set(reference, { ...entry, input: Compile(entry.operation.input), schema: toolSchemaOf(entry.tool, entry.operation) });
  }
  return usableTools.get(reference);
}

/** What makes two actions of one run the same: doing it again would be a loop. */
export const sameness = (wanted: WantedAction): string => canonicalize([wanted.tool, wanted.params]);
