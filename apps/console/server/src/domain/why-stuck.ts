// SPDX-License-Identifier: Apache-2.0
import type { RunChanged, StopChanged } from '@nervus/contracts';
import type { ActionChain } from './action-chain.js';
import type { DeadLetterRow } from './dead-letter-row.js';
import type { ProcessRow } from './other-rows.js';
import type { RequestRow } from './request-row.js';

/** Everything that is known of one run and of what it may wait for. */
export interface RunFacts {
  readonly run: RunChanged;
  readonly actions: readonly ActionChain[];
  readonly requests: readonly RequestRow[];
  /** Dead letters under the run's key that nobody has handled. */
  readonly letters: readonly DeadLetterRow[];
  /** Stops that are in force. */
  readonly stops: readonly StopChanged[];
  /** Milliseconds since the last pulse of approval; null when none was seen. */
  readonly pulseAgeMs: number | null;
  readonly processes: readonly ProcessRow[];
  readonly now: number;
}

/** One thing that a run waits for. */
export interface Wait {
  readonly code: 'dead_letter' | 'people' | 'ruling' | 'stop' | 'stale_view' | 'receipt_or_target' | 'permit_returned' | 'target_unknown' | 'decision_unread' | 'outcome_unread' | 'reasoning';
  readonly actionId?: string;
  /** RFC 3339, where it is known. */
  readonly since?: string;
  readonly sentence: string;
  /** What somebody can do about it. */
  readonly next: string;
}

export interface RunStanding {
  readonly runId: string;
  readonly state: RunChanged['state'];
  readonly sentence: string;
  readonly waits: readonly Wait[];
}

/** Heartbeats come every minute: two and a half without one is a service that is away. */
const awayAfterMs = 150_000;
/** From this age of the last pulse on, action holds what is consequential. */
const staleAfterMs = 5_000;

/** What a run waits for, and what can be done; only what was recorded, never what is likely. */
export function whyStuck(facts: RunFacts): RunStanding {
  const { run } = facts;
  const letters = facts.letters.map(letterWait);
  if (run.state !== 'running' && run.state !== 'waiting') {
    return { runId: run.runId, state: run.state, sentence: `The run is over: ${run.state.replaceAll('_', ' ')}${run.reason ? ` (${run.reason})` : ''}.`, waits: letters };
  }
  const waits = [...letters, ...(run.waitingFor ?? []).map((actionId) => actionWait(actionId, facts))];
  if (waits.length === 0) waits.push({ code: 'reasoning', sentence: 'Nothing outside of reasoning is waited for: its next step is due.', next: presence('reasoning', facts) });
  return { runId: run.runId, state: run.state, sentence: `The run is not over; it waits for ${waits.length === 1 ? 'one thing' : `${waits.length} things`}.`, waits };
}

const letterWait = ({ service, partition, offset, code, message, at, type }: DeadLetterRow): Wait => ({
  code: 'dead_letter', since: instant(at), sentence: `${service} gave up a record of it (${type}, ${code}: ${message}).`, next: `Mend the cause, then: nervus dlq redrive ${service} ${partition}/${offset} --reason ...`,
});

function actionWait(actionId: string, facts: RunFacts): Wait {
  const chain = facts.actions.find((one) => one.actionId === actionId);
  const request = facts.requests.find((one) => one.actionId === actionId && one.state === 'open');
  const { decision, intent, returned, outcome } = chain ?? {};
  if (outcome && outcome.result !== 'unknown') return { code: 'outcome_unread', actionId, since: outcome.finishedAt, sentence: `Its result is recorded (${outcome.result}, ${outcome.code}) and reasoning has not taken it in yet.`, next: presence('reasoning', facts) };
  if (outcome) return { code: 'target_unknown', actionId, since: outcome.finishedAt, sentence: 'It was begun and nobody knows whether it was done: action is asking the target.', next: 'Look at the target; the action service goes on asking by its idempotency key.' };
  if (!decision && request) return { code: 'people', actionId, since: request.openedAt, sentence: `It waits for people: ${request.approvals} of ${request.quorum} approved, until ${request.expiresAt}.`, next: `nervus approvals show ${request.requestId}` };
  if (!decision) return { code: 'ruling', actionId, sentence: 'Approval has not ruled on it yet.', next: presence('approval', facts) };
  if (decision.result !== 'permitted') return { code: 'decision_unread', actionId, since: instant(decision.place.at), sentence: `It was ${decision.result} (${decision.code}) and reasoning has not taken that in yet.`, next: presence('reasoning', facts) };
  if (returned && returned.place.at > decision.place.at) return { code: 'permit_returned', actionId, since: instant(returned.place.at), sentence: `Its permit came back unused (${returned.code}): approval rules again.`, next: presence('approval', facts) };
  return permittedWait(actionId, decision, intent !== undefined, facts);
}

function permittedWait(actionId: string, decision: NonNullable<ActionChain['decision']>, intended: boolean, facts: RunFacts): Wait {
  const since = instant(decision.place.at);
  const tool = facts.requests.find((one) => one.actionId === actionId)?.tool;
  const stop = facts.stops.find(({ scope }) => scope.kind === 'all' || scope.name === (scope.kind === 'agent' ? facts.run.agent.name : tool));
  if (stop) return { code: 'stop', actionId, since: stop.at, sentence: `A stop is in force (${stop.scope.kind}${'name' in stop.scope ? `=${stop.scope.name}` : ''}): ${stop.reason}`, next: `Two persons lift it: nervus resume ${stop.stopId} --reason ...` };
  if (decision.tier >= 2 && (facts.pulseAgeMs === null || facts.pulseAgeMs > staleAfterMs)) return { code: 'stale_view', actionId, since, sentence: 'It is permitted and held: action hears no pulse of approval, so it cannot know of stops.', next: presence('approval', facts) };
  if (intended) return { code: 'receipt_or_target', actionId, since, sentence: 'It is permitted and its intent is recorded: it waits for the receipt of audit, for a credential, or for the target.', next: `${presence('audit', facts)} ${presence('action', facts)}` };
  return { code: 'receipt_or_target', actionId, since, sentence: 'It is permitted and not done yet.', next: presence('action', facts) };
}

/** Whether a service was heard of lately, as what to do next. */
function presence(service: string, { processes, now }: RunFacts): string {
  const heard = Math.max(...processes.filter((one) => one.service === service && one.state !== 'closed').map(({ place }) => place.at));
  if (!Number.isFinite(heard)) return `No process of ${service} is known: start it.`;
  const seconds = Math.round((now - heard) / 1000);
  return now - heard > awayAfterMs ? `${service} was last heard of ${seconds} s ago: look at its log and at /health/ready.` : `${service} was heard of ${seconds} s ago: see how far behind it is with nervus lag.`;
}

const instant = (ms: number): string => new Date(ms).toISOString();
