// SPDX-License-Identifier: Apache-2.0
// A run that a model is asked about: leased to one process at a time, journaled before and after each call, fenced by
// the number of the lease.
import type { Reading, Trigger } from './brains/brain.js';
import type { Thought } from './conclude-run.js';
import { concludeRun } from './conclude-run.js';
import type { LoadedAgent } from './loaded-agent.js';
import { triggerIn } from './question.js';
import { type Answer, ended, isOver, type RunChange, type RunState, told, withStep } from './run.js';
import { thoughtOfRules } from './start-run.js';
import { stopOfAgent, type StopView } from './stops.js';

/** Characters of an answer that are kept. */
const keptOfAnswer = 16_384;
/** A token is at least this many characters of a prompt, for estimates before the call. */
const charactersPerToken = 2;

/** A new run with its question, leased to who stores it; the first call is reserved with it. */
export function askedRun(run: RunState, trigger: Trigger, verdict: unknown, holder: string, nowMs: number, leaseMs: number): RunChange {
  const asked = withStep(run, { kind: 'model-call', at: new Date(nowMs).toISOString(), summary: 'the model is asked' });
  return told({ ...asked, question: { trigger: JSON.stringify(trigger), verdict: verdict ?? null, calls: 1, tokens: 0 }, lease: { holder, until: nowMs + leaseMs, epoch: 1 } });
}

/** Takes over a run whose lease has ended. A call that was begun before counts, whether it came to an end or not. */
export function takeOver(run: RunState | undefined, holder: string, nowMs: number, leaseMs: number): RunChange | 'unchanged' {
  if (!run?.question || isOver(run) || (run.lease && run.lease.until > nowMs)) return 'unchanged';
  const taken = withStep(run, { kind: 'taken-over', at: new Date(nowMs).toISOString(), summary: 'the lease of another process ended: the model is asked again' });
  return { state: { ...taken, question: { ...run.question, calls: run.question.calls + 1 }, lease: { holder, until: nowMs + leaseMs, epoch: (run.lease?.epoch ?? 0) + 1 } }, facts: [] };
}

/** Keeps a lease that is still one's own. */
export const renewed = (run: RunState | undefined, epoch: number, untilMs: number): RunChange | 'unchanged' => (run && holds(run, epoch) && run.lease ? { state: { ...run, lease: { ...run.lease, until: untilMs } }, facts: [] } : 'unchanged');

export const holds = (run: RunState, epoch: number): boolean => !isOver(run) && run.question !== undefined && run.lease?.epoch === epoch;

/** Why the model is not asked (again): the budget of the run. */
export function overBudget(agent: LoadedAgent, run: RunState, promptCharacters: number): string | undefined {
  const { calls = 0, tokens = 0 } = run.question ?? {};
  if (calls > agent.budgets.modelCalls) return `${agent.budgets.modelCalls} calls of the model are allowed in a run`;
  const needed = tokens + Math.ceil(promptCharacters / charactersPerToken);
  return needed >= agent.budgets.tokens ? `the prompt may need ${needed} of ${agent.budgets.tokens} tokens` : undefined;
}

/** Tokens that an answer may have under the run's budget. */
export const outputTokensLeft = (agent: LoadedAgent, run: RunState, promptCharacters: number, most: number): number =>
  Math.max(1, Math.min(most, agent.budgets.tokens - (run.question?.tokens ?? 0) - Math.ceil(promptCharacters / charactersPerToken)));

/** An answer was refused: journaled, and the one repair reserved. */
export function refusedAnswer(run: RunState | undefined, epoch: number, answer: Answer, faults: readonly string[], nowMs: number): RunChange | 'unchanged' {
  if (!run?.question || !holds(run, epoch)) return 'unchanged';
  const at = new Date(nowMs).toISOString();
  const next = withAnswer(withStep(withAnswerStep(run, answer, at), { kind: 'answer-refused', at, summary: `answer_invalid: ${faults.slice(0, 3).join('; ')}`.slice(0, 500) }), answer);
  return { state: { ...next, question: { ...run.question, calls: run.question.calls + 1, tokens: run.question.tokens + answer.inputTokens + answer.outputTokens } }, facts: [] };
}

/** The model answered well: the run concludes with it. */
export function concludedByModel(agent: LoadedAgent, run: RunState | undefined, epoch: number, answer: Answer, thought: Thought, stops: StopView, nowMs: number): RunChange | 'unchanged' {
  if (!run?.question || !holds(run, epoch)) return 'unchanged';
  const trigger = triggerIn(run.question);
  const next = withAnswer(withAnswerStep(run, answer, new Date(nowMs).toISOString()), answer);
  return stoppedNow(next, stops, nowMs) ?? concludeRun(agent, next, trigger, thought, stops, nowMs);
}

/** There will be no good answer: the rules conclude where the manifest says so, else the run has failed. */
export function fellBack(agent: LoadedAgent, run: RunState | undefined, epoch: number, code: string, reason: string, stops: StopView, nowMs: number): RunChange | 'unchanged' {
  if (!run?.question || !holds(run, epoch)) return 'unchanged';
  const at = new Date(nowMs).toISOString();
  const { verdict } = run.question;
  const trigger = triggerIn(run.question);
  const stopped = stoppedNow(run, stops, nowMs);
  if (stopped) return stopped;
  const reading: Reading | undefined = agent.model?.fallback ? agent.rules?.read(trigger) : undefined;
  if (!reading) return told(ended(run, 'failed', at, `${code}: ${reason}`));
  const next = withStep(run, { kind: 'fallback', at, summary: `${code}: ${reason}; the rules conclude`.slice(0, 500) });
  return concludeRun(agent, next, trigger, thoughtOfRules(agent, trigger, reading, verdict), stops, nowMs);
}

/** A stop that covers the agent ends the run before its next step. */
export function stoppedNow(run: RunState, stops: StopView, nowMs: number): RunChange | undefined {
  const stop = stopOfAgent(stops, run.agent.name);
  return stop && told(ended(run, 'stopped', new Date(nowMs).toISOString(), `stop ${stop.stopId} (epoch ${stop.epoch})`));
}

const withAnswer = (run: RunState, answer: Answer): RunState => ({ ...run, answers: [...(run.answers ?? []), { ...answer, text: answer.text.slice(0, keptOfAnswer) }] });

const withAnswerStep = (run: RunState, answer: Answer, at: string): RunState =>
  withStep(run, { kind: 'model-answer', at, inputHash: answer.sha256, summary: `${answer.model} answered`, usage: { inputTokens: answer.inputTokens, outputTokens: answer.outputTokens, model: answer.model } });
