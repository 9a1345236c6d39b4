// SPDX-License-Identifier: Apache-2.0
import { type AgentChanged, atPointer, type CatalogueEntry, type ExactAction, type ProposalMade, type RiskRow, type Tier } from '@nervus/contracts';
import { isFixedByManifest } from '@nervus/agent-manifest';
import { type StrictestDemands, strictest } from './demands.js';
import { checkInvariants, type InvariantCode } from './invariants.js';
import { classOfAction, hasUntrustedData, isAbove, taintedControl } from './labels.js';
import type { AgentRules } from './manifest.js';
import type { PolicyContext, PolicyQuestion } from './policy-questions.js';
import type { ActivePolicySet } from './policy-set.js';
import { batchSizeOf, type Risk, scoreRisk } from './risk.js';

/** Everything a ruling depends on besides the proposal. The same proposal in the same world is ruled the same. */
export interface RulingWorld {
  readonly set: ActivePolicySet;
  /** The record that the proposal names, or a newer one. */
  readonly agent: AgentChanged;
  /** A stop that covers the action is active. */
  readonly stopped: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type RefusalCode = InvariantCode | 'stopped' | 'clearance_exceeded' | 'policy_error' | 'policy_forbids' | 'policy_denies' | 'proof_unavailable';

/** How an action was judged; a refusal before scoring has the worst tier and no rows. */
export interface Judged {
  readonly tier: Tier;
  readonly risk: { readonly score: number; readonly rows: readonly RiskRow[] };
  /** Ids of the deciding policies. */
  readonly policies: readonly string[];
  /** Control parameters that nobody to be trusted chose. */
  readonly tainted: readonly string[];
}

export type Ruling =
  | (Judged & { readonly kind: 'automatic' })
  | (Judged & { readonly kind: 'ask'; readonly demands: StrictestDemands })
  | (Judged & { readonly kind: 'refuse'; readonly code: RefusalCode; readonly detail: string; readonly demands?: StrictestDemands })
  | (Judged & { readonly kind: 'expired'; readonly code: 'proposal_expired' });

/** What a denial without a ruling says: nothing was looked at, so nothing can count as harmless. */
export const unjudged: Judged = { tier: 3, risk: { score: 0, rows: [] }, policies: [], tainted: [] };

/** What policy says to a proposal, now: automatic, ask people, refuse. Default deny. */
export function ruleOnProposal(proposal: ProposalMade, world: RulingWorld): Ruling {
  const { action } = proposal;
  if (isExpired(proposal, world.now)) return { kind: 'expired', code: 'proposal_expired', ...unjudged };
  const checked = checkInvariants(proposal, world.agent);
  if ('code' in checked) return { kind: 'refuse', ...unjudged, ...checked };
  const facts = factsOf(proposal, checked, world);
  const judged: Judged = { tier: facts.risk.tier, risk: { score: facts.risk.score, rows: facts.risk.rows }, policies: [], tainted: facts.tainted };
  if (world.stopped) return { kind: 'refuse', code: 'stopped', detail: 'a stop covers this action', ...judged };
  const { destinations } = world.set;
  const clearance = destinations.clearance(facts.tool, checked.entry.operation, action.params);
  if (isAbove(facts.context.dataClass, clearance)) return { kind: 'refuse', code: 'clearance_exceeded', detail: `carries ${facts.context.dataClass} data, its destination may get ${clearance}`, ...judged };
  return askPolicies(action, checked.rules, world, judged, facts);
}

/** Nothing is done any more for a run that has moved on. */
export const isExpired = (proposal: ProposalMade, now: number): boolean => Date.parse(proposal.expiresAt) <= now;

interface Facts {
  readonly tool: string;
  readonly risk: Risk;
  readonly tainted: readonly string[];
  readonly context: PolicyContext;
}

function factsOf({ action, labels, confidence }: ProposalMade, { entry, rules }: { entry: CatalogueEntry; rules: AgentRules }, { set }: RulingWorld): Facts {
  const { operation } = entry;
  const tool = `${action.tool}.${action.operation}`;
  const constraints = rules.tools.get(`${tool}@${action.toolVersion}`) ?? {};
  const tainted = taintedControl(labels, operation, action.params, (pointer, value) => isFixedByManifest(constraints, pointer, value) || (operation.risk.destination.some((at) => at === pointer) && set.destinations.lists(tool, value)));
  const destinationListed = set.destinations.trusts(tool, operation, action.params);
  const untrustedData = hasUntrustedData(labels, operation, action.params);
  const dataClass = classOfAction(labels, operation, action.params);
  const risk = scoreRisk(set.risk, {
    tool, operation, params: action.params, effect: action.effect, destinationListed, taintedControl: tainted.length > 0, untrustedData, class: dataClass, confidence, manifestFloor: rules.minTier,
  });
  const batchSize = batchSizeOf(operation, action.params);
  const amount = operation.risk.amount === undefined ? undefined : atPointer(action.params, operation.risk.amount);
  return {
    tool,
    risk,
    tainted,
    context: {
      tier: risk.tier, risk: risk.score, effect: action.effect, target: action.target, destinationListed, taintedControl: tainted.length > 0, untrustedData, dataClass, reversible: operation.risk.reversible,
      confidencePercent: Math.floor(confidence * 100),
      ...(batchSize === undefined ? {} : { batchSize }),
      ...(typeof amount === 'number' && Number.isSafeInteger(amount) ? { amount } : {}),
    },
  };
}

function askPolicies(action: ExactAction, rules: AgentRules, { set, agent }: RulingWorld, judged: Judged, { tool, context }: Facts): Ruling {
  const question: Omit<PolicyQuestion, 'action'> = { tenant: action.tenant, agent: action.agent.name, owner: agent.owner, tool, context };
  const automatic = set.policies.ask({ ...question, action: 'autoExecute' });
  if (automatic.result === 'error') return { kind: 'refuse', code: 'policy_error', detail: automatic.detail, ...judged };
  // Never automatic, whatever a policy says: tier 3, and what untrusted text steered.
  if (automatic.result === 'permitted' && judged.tier < 3 && judged.tainted.length === 0) return { kind: 'automatic', ...judged, policies: automatic.policies.map(({ id }) => id) };
  const people = set.policies.ask({ ...question, action: 'executeWithApproval' });
  if (people.result === 'error') return { kind: 'refuse', code: 'policy_error', detail: people.detail, ...judged };
  if (people.result === 'unmentioned') return { kind: 'refuse', code: 'policy_denies', detail: `no policy permits ${tool} at tier ${judged.tier}`, ...judged };
  const policies = people.policies.map(({ id }) => id);
  if (people.result === 'forbidden') return { kind: 'refuse', code: 'policy_forbids', detail: `forbidden by ${policies.join(', ')}`, ...judged, policies };
  const demands = strictest(judged.tier, people.policies.map((policy) => policy.demands), rules.demands);
  if (demands.proof !== 'session') return { kind: 'refuse', code: 'proof_unavailable', detail: `tier ${judged.tier} needs a verdict proved by ${demands.proof}, which this release cannot check`, ...judged, policies, demands };
  return { kind: 'ask', ...judged, policies, demands };
}
