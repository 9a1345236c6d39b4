// SPDX-License-Identifier: Apache-2.0
import { atPointer, type IntelligenceProduced, type ProposalMade } from '@nervus/contracts';
import { digestOf } from '@nervus/trust';
import type { Conclusion, Nothing, Trigger } from './brains/brain.js';
import { cited } from './brains/params.js';
import { exactProposal, type ProposalFrame, sameness, type WantedAction } from './exact-proposal.js';
import { joined, labelOfPlaces } from './labels.js';
import type { LoadedAgent } from './loaded-agent.js';
import { ended, heldProposals, intelligenceIdOf, type ReadyProposal, type RunChange, type RunFact, type RunState, told, waitingFor, withStep } from './run.js';
import { isHeldAt, lowestTier, stopOfTool, type StopView, toolName } from './stops.js';
import { canonicalText, cut } from './text/canonical.js';

/** What a brain came to, by rules or by a model. */
export interface Thought {
  readonly by: 'rules' | 'model';
  readonly conclusion: Conclusion | Nothing;
  readonly wanted: readonly WantedAction[];
}

/**
 * The step that matters: a conclusion becomes intelligence and exact proposals, within the budgets, and the run waits for
 * outcomes or is over. All of it is one change.
 */
export function concludeRun(agent: LoadedAgent, run: RunState, trigger: Trigger, thought: Thought, stops: StopView, nowMs: number): RunChange {
  const at = new Date(nowMs).toISOString();
  const { conclusion } = thought;
  if ('nothing' in conclusion) return told(ended(withStep(run, { kind: thought.by, at, summary: conclusion.nothing }), 'completed', at, conclusion.nothing));
  let next = withStep(run, { kind: thought.by, at, summary: cut(conclusion.summary, 500) });
  const facts: RunFact[] = [];
  if (conclusion.publish) {
    const output = agent.outputs.get(conclusion.kind);
    const faults = output?.schema?.faultsOf(conclusion.data) ?? [];
    if (faults.length > 0) return told(ended(next, 'failed', at, `output_invalid: the ${conclusion.kind} does not fit its schema: ${faults.slice(0, 3).join('; ')}`));
    facts.push({ record: 'intelligence', data: intelligenceOf(agent, run, trigger, conclusion) });
    next = withStep(next, { kind: 'intelligence', at, summary: `${conclusion.kind} of severity ${conclusion.severity}` });
  }
  return propose(agent, next, trigger, thought.wanted, facts, stops, nowMs);
}

function propose(agent: LoadedAgent, run: RunState, trigger: Trigger, wanted: readonly WantedAction[], facts: readonly RunFact[], stops: StopView, nowMs: number): RunChange {
  const at = new Date(nowMs).toISOString();
  if (wanted.length === 0) return told(ended(run, 'completed', at), facts);
  const limit = overLimit(agent, wanted);
  if (limit !== undefined) return told(ended(run, 'over_budget', at, limit), facts);
  if (new Set(wanted.map(sameness)).size < wanted.length) return told(ended(run, 'failed', at, 'loop: the same action was wanted twice'), facts);
  const stopped = wanted.map((one) => stopOfTool(stops, toolName(one.tool))).find((stop) => stop !== undefined);
  if (stopped) return told(ended(run, 'stopped', at, `stop ${stopped.stopId} (epoch ${stopped.epoch}) covers a tool of the next step`), facts);

  const frame = frameOf(agent, run, trigger, nowMs);
  const ready: ReadyProposal[] = [];
  let next = run;
  for (const one of wanted) {
    const made = exactProposal(frame, one);
    if ('code' in made) next = withStep(next, { kind: 'refused', at, summary: cut(`${made.code}: ${made.detail}`, 500) });
    else {
      ready.push(made);
      const tainted = made.tainted.length > 0 ? `, ${made.tainted.join(' ')} not of the owner` : '';
      next = withStep(next, { kind: 'propose', at, inputHash: made.digest, summary: cut(`${one.name}: ${one.tool} ${made.data.action.target}${tainted}`, 500) });
    }
  }
  if (next.steps.length >= agent.budgets.steps) return told(ended(run, 'over_budget', at, `more than ${agent.budgets.steps} steps`), facts);
  if (ready.length === 0) return told(ended(next, 'failed', at, 'nothing that was wanted may be proposed'), facts);
  const minTier = agent.manifest.spec.approval?.minTier ?? 0;
  const isHeld = ready.some(({ data: { action } }) => isHeldAt(stops, lowestTier(`${action.tool}.${action.operation}@${action.toolVersion}`, action.effect, minTier)));
  if (isHeld) return told({ ...withoutQuestion(withStep(next, { kind: 'held', at, summary: 'the view of stops is old: nothing is proposed until it is fresh' })), held: JSON.stringify(ready) }, facts);
  return told(waitingFor(next, ready), [...facts, ...ready.map(proposalFact)]);
}

/** The view of stops is fresh again: what was held is proposed, or ends where a stop covers it. */
export function releaseHeld(run: RunState, stops: StopView, minTier: number, nowMs: number): RunChange | 'unchanged' {
  const held = heldProposals(run);
  if (held.length === 0 || run.state !== 'running') return 'unchanged';
  const at = new Date(nowMs).toISOString();
  if (held.some(({ data: { action } }) => isHeldAt(stops, lowestTier(`${action.tool}.${action.operation}@${action.toolVersion}`, action.effect, minTier)))) return 'unchanged';
  const covered = stops.active.find(({ scope }) => scope.kind === 'all' || (scope.kind === 'agent' ? scope.name === run.agent.name : held.some(({ data: { action } }) => scope.name === `${action.tool}.${action.operation}`)));
  if (covered) return told(ended(run, 'stopped', at, `stop ${covered.stopId} (epoch ${covered.epoch})`));
  const released = withStep(run, { kind: 'released', at, summary: 'the view of stops is fresh' });
  return told(waitingFor(released, held), held.map(proposalFact));
}

const proposalFact = ({ data, digest }: ReadyProposal): RunFact => ({ record: 'proposal', data, digest });

function withoutQuestion(run: RunState): RunState {
  const { question: _question, lease: _lease, ...rest } = run;
  return rest;
}

/** Nothing is proposed of a wish that is too large: which part of it would be the right one? */
function overLimit(agent: LoadedAgent, wanted: readonly WantedAction[]): string | undefined {
  if (wanted.length > agent.budgets.proposals) return `${wanted.length} actions were wanted, at most ${agent.budgets.proposals} are allowed in a run`;
  for (const tool of agent.tools) {
    const count = wanted.filter((one) => one.tool === tool.ref).length;
    if (tool.perRun !== undefined && count > tool.perRun) return `${tool.ref} was wanted ${count} times, at most ${tool.perRun} are allowed in a run`;
  }
  return undefined;
}

function frameOf(agent: LoadedAgent, run: RunState, trigger: Trigger, nowMs: number): ProposalFrame {
  return {
    tenant: run.tenant,
    runId: run.runId,
    agent: agent.reference,
    agentRecordVersion: agent.recordVersion,
    tools: agent.tools,
    sources: [sourceOf(trigger)],
    contextHash: digestOf({ trigger: trigger.eventId, input: run.steps[0]?.inputHash, agent: agent.reference.digest }),
    expiresAt: new Date(Math.min(nowMs + agent.expiresInMs, run.deadlineAt)).toISOString(),
  };
}

function sourceOf(trigger: Trigger): ProposalMade['sources'][number] {
  const text = (pointer: string): string => {
    const value = atPointer(trigger.content, pointer);
    return typeof value === 'string' ? canonicalText(value.slice(0, 16_384)).text : '';
  };
  const link = atPointer(trigger.content, '/link');
  const excerpt = text('/summary') || canonicalText((JSON.stringify(trigger.content) ?? '').slice(0, 2000)).text;
  return { eventId: trigger.eventId, title: cut(text('/title') || `${trigger.kind} of ${trigger.source}`, 300), excerpt: cut(excerpt, 2000), ...(typeof link === 'string' && link.length <= 2000 && { link }) };
}

function intelligenceOf(agent: LoadedAgent, run: RunState, trigger: Trigger, conclusion: Conclusion): IntelligenceProduced {
  const places = [...new Set(conclusion.statements.flatMap((statement) => statement.places))];
  const output = agent.outputs.get(conclusion.kind);
  const label = joined([labelOfPlaces(trigger, places), { src: [], trust: 'owner', class: output?.class ?? 'internal' }]);
  return {
    intelligenceId: intelligenceIdOf(run.runId),
    runId: run.runId,
    agent: agent.reference,
    kind: conclusion.kind,
    subject: cut(conclusion.subject, 256),
    title: cut(conclusion.title, 300),
    severity: conclusion.severity,
    statements: cited(conclusion.statements, trigger).slice(0, 64),
    data: conclusion.data,
    trust: label.trust,
    class: label.class,
  };
}
