// SPDX-License-Identifier: Apache-2.0
import { type AgentChanged, type CatalogueEntry, type ExactAction, findOperation, type ProposalMade, targetAndEffect, tools } from '@nervus/contracts';
import { toolSchemaOf } from '@nervus/trust';
import { Compile } from 'typebox/compile';
import { brokenConstraints } from '@nervus/agent-manifest';
import { type AgentRules, readManifest } from './manifest.js';

/** Reason codes of what no policy can lift. */
export type InvariantCode =
  | 'digest_mismatch'
  | 'unknown_tool'
  | 'tool_schema_mismatch'
  | 'params_invalid'
  | 'target_mismatch'
  | 'effect_mismatch'
  | 'unsupported'
  | 'agent_stale'
  | 'agent_disabled'
  | 'agent_mismatch'
  | 'manifest_invalid'
  | 'tool_not_in_manifest'
  | 'constraint_violated';

export interface Refused {
  readonly code: InvariantCode;
  readonly detail: string;
}

/** An action that passed, with what was looked up on the way. */
export interface Checked {
  readonly entry: CatalogueEntry;
  readonly rules: AgentRules;
}

const operations = tools.flatMap((tool) => tool.operations.map((operation) => ({ key: `${tool.id}.${operation.name}@${tool.version}`, schema: toolSchemaOf(tool, operation), input: Compile(operation.input) })));
const operationsByKey = new Map(operations.map((operation) => [operation.key, operation]));
const rulesByRecord = new WeakMap<AgentChanged, ReturnType<typeof readManifest>>();

/**
 * Holds a proposal against the tool catalogue and the agent's manifest. `agent` is the record that the proposal names
 * or a newer one: whoever calls waits for a record that was not seen yet.
 */
export function checkInvariants(proposal: ProposalMade, agent: AgentChanged): Checked | Refused {
  return checkTool(proposal.action) ?? checkAgent(proposal, agent);
}

/** The proposer's digest stands in a signed header: another one means that the value is not what was proposed. */
export const checkDigest = (digest: string, header: string | undefined): Refused | undefined =>
  header === digest ? undefined : { code: 'digest_mismatch', detail: `the proposal says ${header ?? 'nothing'}, its action has ${digest}` };

function checkTool(action: ExactAction): Refused | undefined {
  const name = `${action.tool}.${action.operation}@${action.toolVersion}`;
  const entry = findOperation(action.tool, action.operation, action.toolVersion);
  const known = operationsByKey.get(name);
  if (!entry || !known) return { code: 'unknown_tool', detail: `there is no ${name} in the catalogue` };
  if (action.toolSchema !== known.schema) return { code: 'tool_schema_mismatch', detail: `${name} has schema ${known.schema}, the proposal was made for ${action.toolSchema}` };
  if (!known.input.Check(action.params)) {
    const [first] = known.input.Errors(action.params);
    return { code: 'params_invalid', detail: `${first?.instancePath || '/'}: ${first?.message ?? 'does not fit the schema'}` };
  }
  const computed = targetAndEffect(entry.operation, action.params);
  if (computed.target !== action.target) return { code: 'target_mismatch', detail: `these parameters give the target ${computed.target.slice(0, 200)}` };
  if (computed.effect !== action.effect) return { code: 'effect_mismatch', detail: `these parameters give the effect ${computed.effect}` };
  if (action.compensates !== undefined) return { code: 'unsupported', detail: 'reversals are not supported yet' };
  return undefined;
}

function checkAgent({ action, agentRecordVersion }: ProposalMade, agent: AgentChanged): Checked | Refused {
  if (agentRecordVersion < agent.recordVersion) return { code: 'agent_stale', detail: `proposed under record ${agentRecordVersion} of the manifest, ${agent.recordVersion} is in force` };
  if (!agent.enabled) return { code: 'agent_disabled', detail: `${agent.name} is disabled` };
  if (agent.name !== action.agent.name || agent.version !== action.agent.version || agent.digest !== action.agent.digest) {
    return { code: 'agent_mismatch', detail: `the manifest in force is ${agent.name} ${agent.version} with digest ${agent.digest}` };
  }
  const rules = rulesOf(agent);
  if ('fault' in rules) return { code: 'manifest_invalid', detail: rules.fault };
  const ref = `${action.tool}.${action.operation}@${action.toolVersion}`;
  const constraints = rules.tools.get(ref);
  if (!constraints) return { code: 'tool_not_in_manifest', detail: `the manifest does not give ${ref} to ${agent.name}` };
  const [broken] = brokenConstraints(constraints, action.params);
  if (broken) return { code: 'constraint_violated', detail: `${broken.pointer} does not keep ${broken.keyword} ${broken.expected.slice(0, 300)}` };
  const entry = findOperation(action.tool, action.operation, action.toolVersion);
  return entry ? { entry, rules } : { code: 'unknown_tool', detail: ref };
}

// A manifest is read once, not at each of its proposals.
function rulesOf(agent: AgentChanged): ReturnType<typeof readManifest> {
  const known = rulesByRecord.get(agent);
  if (known) return known;
  const rules = readManifest(agent.manifest);
  rulesByRecord.set(agent, rules);
  return rules;
}
