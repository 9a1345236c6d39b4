// SPDX-License-Identifier: Apache-2.0
// One agent's durable handling of one signal, as a value: every function takes a run and says what it becomes and what
// is told of it. One document, so a step, what follows from it and the next state are one write.
import { type AgentReference, derivedId, type IntelligenceProduced, type ProposalMade, type RunChanged, runIdOf } from '@nervus/contracts';
import type { Question } from './question.js';

export type Step = RunChanged['steps'][number];

/** An action that was proposed and has no outcome yet. */
export interface OpenAction {
  readonly actionId: string;
  readonly tool: string;
}

/** A proposal that is exact but not told yet. */
export interface ReadyProposal {
  readonly data: ProposalMade;
  readonly digest: string;
}

/** Who works on a run that is thinking, until when, and the how-manieth that is: a fence against those before. */
export interface Lease {
  readonly holder: string;
  readonly until: number;
  readonly epoch: number;
}

export interface RunState {
  readonly tenant: string;
  readonly runId: string;
  readonly agent: AgentReference;
  readonly recordVersion: number;
  readonly trigger: RunChanged['trigger'];
  /** What records that follow later need to know of the signal. */
  readonly cause: { readonly id: string; readonly correlationId: string; readonly hops: number; readonly traceparent?: string };
  readonly state: RunChanged['state'];
  readonly reason?: string;
  readonly steps: readonly Step[];
  readonly open: readonly OpenAction[];
  readonly startedAt: string;
  /** Milliseconds since the epoch after which the run ends as expired. */
  readonly deadlineAt: number;
  readonly version: number;
  /** What a model is to be asked; gone once it is answered. */
  readonly question?: Question;
  readonly lease?: Lease;
  /** Proposals that wait for a fresh view of the stops, as JSON text: parameters have field names of any kind. */
  readonly held?: string;
  /** Answers of a model, as received, cut to a bound. */
  readonly answers?: readonly Answer[];
}

export interface Answer {
  readonly text: string;
  readonly sha256: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What is told of a change. */
export type RunFact =
  | { readonly record: 'run'; readonly data: RunChanged }
  | { readonly record: 'intelligence'; readonly data: IntelligenceProduced }
  | { readonly record: 'proposal'; readonly data: ProposalMade; readonly digest: string };

export interface RunChange {
  readonly state: RunState;
  readonly facts: readonly RunFact[];
}

export const heldProposals = (run: RunState): readonly ReadyProposal[] => (run.held === undefined ? [] : (JSON.parse(run.held) as ReadyProposal[]));

export const runKey = (tenant: string, runId: string): string => `${tenant}/${runId}`;

export const isOver = (run: RunState): boolean => run.state !== 'running' && run.state !== 'waiting';

/** A run that has just begun; nothing of it was told yet. */
export function newRun(frame: { readonly tenant: string; readonly agent: AgentReference; readonly recordVersion: number; readonly trigger: RunChanged['trigger']; readonly cause: RunState['cause']; readonly nowMs: number; readonly deadlineMs: number; readonly inputHash: string }): RunState {
  const at = new Date(frame.nowMs).toISOString();
  return {
    tenant: frame.tenant,
    runId: runIdOf(frame.tenant, frame.agent.name, frame.trigger.eventId),
    agent: frame.agent,
    recordVersion: frame.recordVersion,
    trigger: frame.trigger,
    cause: frame.cause,
    state: 'running',
    steps: [{ n: 0, kind: 'perceive', at, inputHash: frame.inputHash, summary: `signal ${frame.trigger.kind} of source ${frame.trigger.source}` }],
    open: [],
    startedAt: at,
    deadlineAt: frame.nowMs + frame.deadlineMs,
    version: 0,
  };
}

/** Journals a step. */
export const withStep = (run: RunState, step: Omit<Step, 'n'>): RunState => ({ ...run, steps: [...run.steps, { ...step, n: run.steps.length }] });

/** The run as it is told, one version on. */
export function told(run: RunState, facts: readonly RunFact[] = []): RunChange {
  const state: RunState = { ...run, version: run.version + 1 };
  return { state, facts: [...facts, { record: 'run', data: runChanged(state) }] };
}

/** Ends a run; it forgets what only a running one needs. */
export function ended(run: RunState, state: Exclude<RunChanged['state'], 'running' | 'waiting'>, at: string, reason?: string): RunState {
  const { lease: _lease, question: _question, held: _held, reason: _reason, ...rest } = withStep(run, { kind: 'end', at, summary: (reason === undefined ? state : `${state}: ${reason}`).slice(0, 500) });
  return { ...rest, state, ...(reason !== undefined && { reason: reason.slice(0, 500) }) };
}

/** Waits for the outcomes of what was proposed. */
export function waitingFor(run: RunState, proposals: readonly ReadyProposal[]): RunState {
  const { lease: _lease, question: _question, held: _held, ...rest } = run;
  return { ...rest, state: 'waiting', open: proposals.map(({ data }) => ({ actionId: data.action.actionId, tool: `${data.action.tool}.${data.action.operation}` })) };
}

export const intelligenceIdOf = (runId: string): string => derivedId('intelligence', runId, '0');

function runChanged(run: RunState): RunChanged {
  return {
    runId: run.runId,
    agent: run.agent,
    trigger: run.trigger,
    state: run.state,
    ...(run.reason !== undefined && { reason: run.reason }),
    ...(run.open.length > 0 && { waitingFor: run.open.map((action) => action.actionId) }),
    steps: [...run.steps].slice(-64),
    startedAt: run.startedAt,
    version: run.version,
  };
}
