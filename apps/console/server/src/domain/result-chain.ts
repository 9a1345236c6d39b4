// SPDX-License-Identifier: Apache-2.0
import type { ActionChain } from './action-chain.js';
import type { RequestRow } from './request-row.js';

/** One link from question to result, as it is shown. */
export interface ChainStep {
  readonly step: 'request' | 'decision' | 'intent' | 'permit returned' | 'outcome';
  /** RFC 3339. */
  readonly at: string;
  readonly result: string;
  readonly code: string;
  readonly detail: string;
}

/** Where an action stands. Words of its own for "approved, not done", which is where people lose sight of things. */
export interface Standing {
  readonly state: 'asked' | 'permitted' | 'started' | 'done' | 'failed' | 'unknown' | 'refused' | 'expired' | 'superseded';
  readonly sentence: string;
}

type Asked = Pick<RequestRow, 'state' | 'code' | 'approvals' | 'quorum' | 'openedAt' | 'at'>;

/** What is known, in the order in which it happened. */
export function stepsOf(request: Asked, chain: ActionChain | undefined): ChainStep[] {
  const steps: ChainStep[] = [{ step: 'request', at: request.openedAt, result: request.state, code: request.code ?? '', detail: `${request.approvals} of ${request.quorum} approved` }];
  const { decision, intent, returned, outcome } = chain ?? {};
  if (decision) steps.push({ step: 'decision', at: instant(decision.place.at), result: decision.result, code: decision.code, detail: [...decision.persons, ...(decision.ruling > 1 ? [`ruling ${decision.ruling}`] : [])].join(', ') });
  if (intent) steps.push({ step: 'intent', at: instant(intent.place.at), result: 'recorded', code: '', detail: `to be done by ${intent.deadline}` });
  if (returned) steps.push({ step: 'permit returned', at: instant(returned.place.at), result: 'not done', code: returned.code, detail: '' });
  if (outcome) steps.push({ step: 'outcome', at: outcome.finishedAt, result: outcome.result, code: outcome.code, detail: outcome.detail });
  const first = steps.shift()!;
  return [first, ...steps.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))];
}

/** One sentence on how things stand; only what was recorded, never what is likely. */
export function standingOf(request: Pick<RequestRow, 'requestId' | 'state' | 'code' | 'approvals' | 'quorum'>, chain: ActionChain | undefined): Standing {
  const { decision, intent, outcome } = chain ?? {};
  // The two come by different topics: a decision that was seen first must not look like an open question.
  const decided = decision?.requestId === request.requestId ? decision : undefined;
  const state = request.state === 'open' && decided ? decided.result : request.state;
  if (outcome) {
    if (outcome.result === 'succeeded') return { state: 'done', sentence: 'It was done.' };
    if (outcome.result === 'failed') return { state: 'failed', sentence: `It was permitted and certainly not done (${outcome.code}).` };
    return { state: 'unknown', sentence: 'It was begun and nobody knows yet whether it was done; action is asking the target.' };
  }
  switch (state) {
    case 'open':
      return { state: 'asked', sentence: request.approvals > 0 ? `${request.approvals} of ${request.quorum} persons approved; it waits for more.` : 'It waits for people.' };
    case 'superseded':
      return { state: 'superseded', sentence: 'A newer request took its place: nothing is decided by this one.' };
    case 'refused':
      return { state: 'refused', sentence: `It was refused${codeOf(request.code ?? decided?.code)} and will not be done.` };
    case 'expired':
      return { state: 'expired', sentence: 'Nobody decided in time: it was refused by expiry and will not be done.' };
    case 'permitted':
      if (decision && decision.result !== 'permitted') return { state: decision.result, sentence: `People approved; afterwards it was ${decision.result} (${decision.code}) and will not be done.` };
      return intent ? { state: 'started', sentence: 'It is approved and about to be done: no result is recorded yet.' } : { state: 'permitted', sentence: 'It is approved and not done yet: no result is recorded.' };
  }
}

const codeOf = (code: string | undefined): string => (code === undefined ? '' : ` (${code})`);
const instant = (ms: number): string => new Date(ms).toISOString();
