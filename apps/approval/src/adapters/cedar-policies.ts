// SPDX-License-Identifier: Apache-2.0
import { type DetailedError, policySetTextToParts, policyToJson, type PolicyJson, preparsePolicySet, preparseSchema, statefulIsAuthorized, validate } from '@cedar-policy/cedar-wasm/nodejs';
import { type Demands, parseAnnotations } from '../domain/demands.js';
import type { DecidingPolicy, PolicyAnswer, PolicyQuestion, PolicyQuestions } from '../domain/policy-questions.js';
import { PolicySetInvalid } from '../domain/policy-set.js';

interface LoadedPolicy {
  readonly id: string;
  readonly text: string;
  readonly effect: 'permit' | 'forbid';
  /** The one tool it speaks of; undefined when it may speak of any. */
  readonly tool: string | undefined;
  /** True when it can permit an action that people approve. */
  readonly asksPeople: boolean;
  /** True when it asks who the agent is, beyond the action and the tool. */
  readonly asksAgent: boolean;
  readonly demands: Demands;
}

/** The policies that can speak about one tool, parsed under a name. */
interface Slice {
  readonly name: string;
  readonly asksAgent: boolean;
}

/**
 * Cedar policies, validated against their schema and parsed once. The policies that can speak about a tool are sliced
 * out for it, because Cedar's cost grows with the number of policies it looks at. Ids are the policies' own `@id`:
 * Cedar's positional ones would change with the order of the text.
 */
export class CedarPolicies implements PolicyQuestions {
  private readonly slices = new Map<string, Slice>();

  private constructor(
    private readonly name: string,
    private readonly policies: ReadonlyMap<string, LoadedPolicy>,
  ) {}

  /**
   * @param name unique in this process: parsed policies are kept under it
   * @param files path to text of each `.cedar` file
   * @throws PolicySetInvalid naming every fault
   */
  static load(name: string, schema: string, files: ReadonlyMap<string, string>): CedarPolicies {
    const faults: string[] = [];
    const policies = new Map<string, LoadedPolicy>();
    for (const [path, text] of files) {
      for (const policy of policiesOf(path, text, faults)) {
        if (policies.has(policy.id)) faults.push(`${path}: @id("${policy.id}") is used twice`);
        policies.set(policy.id, policy);
      }
    }
    if (policies.size === 0) faults.push('there is no policy: everything would be refused');
    if (faults.length === 0) faults.push(...faultsAgainst(schema, policies));
    if (faults.length > 0) throw new PolicySetInvalid(faults);
    const parsed = preparseSchema(name, schema);
    if (parsed.type === 'failure') throw new PolicySetInvalid([`schema: ${messagesOf(parsed.errors)}`]);
    return new CedarPolicies(name, policies);
  }

  /** Ids and what each policy does. */
  get effects(): ReadonlyMap<string, 'permit' | 'forbid'> {
    return new Map([...this.policies.values()].map(({ id, effect }) => [id, effect]));
  }

  /** Policies that ask people, for the check that their groups can answer. */
  get asking(): readonly DecidingPolicy[] {
    return [...this.policies.values()].filter(({ asksPeople }) => asksPeople).map(({ id, demands }) => ({ id, demands }));
  }

  ask({ action, tenant, agent, owner, tool, context }: PolicyQuestion): PolicyAnswer {
    const principal = { type: 'Agent', id: `${tenant}/${agent}` };
    const slice = this.sliceOf(tool);
    const answer = statefulIsAuthorized({
      principal,
      action: { type: 'Action', id: action },
      resource: { type: 'Tool', id: tool },
      context: { ...context },
      preparsedSchemaName: this.name,
      validateRequest: true,
      preparsedPolicySetId: slice.name,
      // Half of a question's cost: given only where a policy looks at it.
      entities: slice.asksAgent ? [{ uid: principal, attrs: { tenant, name: agent }, parents: [{ type: 'AgentGroup', id: owner }] }] : [],
    });
    if (answer.type === 'failure') return { result: 'error', detail: messagesOf(answer.errors) };
    const { decision, diagnostics } = answer.response;
    if (diagnostics.errors.length > 0) return { result: 'error', detail: diagnostics.errors.map(({ policyId, error }) => `${policyId}: ${error.message}`).join('; ') };
    const deciding = diagnostics.reason.map((id) => ({ id, demands: this.policies.get(id)?.demands ?? { approvers: [] } }));
    if (decision === 'allow') return { result: 'permitted', policies: deciding };
    return deciding.length > 0 ? { result: 'forbidden', policies: deciding } : { result: 'unmentioned' };
  }

  private sliceOf(tool: string): Slice {
    const known = this.slices.get(tool);
    if (known) return known;
    const speaking = [...this.policies.values()].filter((policy) => policy.tool === undefined || policy.tool === tool);
    const slice = { name: `${this.name}/${tool}`, asksAgent: speaking.some((policy) => policy.asksAgent) };
    const parsed = preparsePolicySet(slice.name, { staticPolicies: Object.fromEntries(speaking.map(({ id, text }) => [id, text])) });
    if (parsed.type === 'failure') throw new PolicySetInvalid([messagesOf(parsed.errors)]);
    this.slices.set(tool, slice);
    return slice;
  }
}

function policiesOf(path: string, text: string, faults: string[]): LoadedPolicy[] {
  const parts = policySetTextToParts(text);
  if (parts.type === 'failure') {
    faults.push(`${path}: ${messagesOf(parts.errors)}`);
    return [];
  }
  if (parts.policy_templates.length > 0) faults.push(`${path}: templates are not supported`);
  return parts.policies.flatMap((policy) => {
    const parsed = policyToJson(policy);
    if (parsed.type === 'failure') {
      faults.push(`${path}: ${messagesOf(parsed.errors)}`);
      return [];
    }
    const annotations = parsed.json.annotations ?? {};
    const { id } = annotations;
    if (id === undefined || !/^[a-z0-9][a-z0-9-]{0,62}$/.test(id)) {
      faults.push(`${path}: every policy needs @id("lower-case-words"): ${policy.split('\n')[0] ?? ''}`);
      return [];
    }
    const { demands, faults: annotationFaults } = parseAnnotations(annotations);
    const asksPeople = parsed.json.effect === 'permit' && mayBe(parsed.json.action, 'executeWithApproval');
    if (asksPeople && demands.approvers.length === 0) annotationFaults.push('asks people but names none: add @approvers("group:<id>")');
    if (parsed.json.effect === 'forbid' && Object.keys(annotations).length > 1) annotationFaults.push('a forbid asks nobody: only @id belongs on it');
    faults.push(...annotationFaults.map((fault) => `${path}: policy "${id}": ${fault}`));
    return [{ id, text: policy, effect: parsed.json.effect, tool: toolOf(parsed.json), asksPeople, asksAgent: asksAgent(parsed.json), demands }];
  });
}

function faultsAgainst(schema: string, policies: ReadonlyMap<string, LoadedPolicy>): string[] {
  const answer = validate({ schema, policies: { staticPolicies: Object.fromEntries([...policies].map(([id, { text }]) => [id, text])) }, validationSettings: { mode: 'strict' } });
  if (answer.type === 'failure') return [`schema: ${messagesOf(answer.errors)}`];
  // A warning is, for example, a condition that can never be true: in a forbid that is a hole.
  return [...answer.validationErrors, ...answer.validationWarnings].map(({ policyId, error }) => `policy "${policyId}": ${error.message}${error.help === null ? '' : ` (${error.help})`}`);
}

function mayBe(constraint: PolicyJson['action'], action: string): boolean {
  if (constraint.op === 'All') return true;
  if ('entity' in constraint) return idOf(constraint.entity) === action;
  return 'entities' in constraint ? constraint.entities.some((entity) => idOf(entity) === action) : true;
}

const asksAgent = ({ principal, conditions }: PolicyJson): boolean => principal.op !== 'All' || JSON.stringify(conditions).includes('"principal"');
const toolOf = ({ resource }: PolicyJson): string | undefined => (resource.op === '==' && 'entity' in resource ? idOf(resource.entity) : undefined);
const idOf = (entity: { __entity: { id: string } } | { id: string }): string => ('__entity' in entity ? entity['__entity'].id : entity.id);
const messagesOf = (errors: readonly DetailedError[]): string => errors.map(({ message, help }) => (help === null ? message : `${message} (${help})`)).join('; ');
