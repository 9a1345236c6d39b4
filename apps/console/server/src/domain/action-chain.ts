// SPDX-License-Identifier: Apache-2.0
import type { DecisionMade, IntentRecorded, OutcomeRecorded, PermitReturned } from '@nervus/contracts';
import { isNewer, type Place } from './place.js';

/** What is known to have become of an action, each part with the place of the record that said it. */
export interface ActionChain {
  readonly tenant: string;
  readonly actionId: string;
  readonly runId: string;
  readonly decision?: Part<{ readonly result: DecisionMade['result']; readonly code: string; readonly ruling: number; readonly tier: number; readonly requestId: string | null; readonly persons: readonly string[] }>;
  readonly intent?: Part<{ readonly deadline: string }>;
  readonly returned?: Part<{ readonly code: PermitReturned['code'] }>;
  readonly outcome?: Part<{ readonly result: OutcomeRecorded['result']; readonly code: string; readonly detail: string; readonly attempts: number; readonly finishedAt: string }>;
  /** Milliseconds after which it is forgotten. */
  readonly forgetAt: number;
}

type Part<T> = T & { readonly place: Place };
type Known = Pick<ActionChain, 'decision' | 'intent' | 'returned' | 'outcome'>;

/** Milliseconds for which a chain is kept after its newest record: as long as the streams are. */
export const keptMs = 30 * 24 * 60 * 60_000;

export const withDecision = (chain: ActionChain | undefined, tenant: string, data: DecisionMade, place: Place): ActionChain | 'unchanged' =>
  newer(chain, { tenant, actionId: data.action.actionId, runId: data.action.runId }, 'decision', {
    place, result: data.result, code: data.code, ruling: data.ruling, tier: data.tier, requestId: data.request?.requestId ?? null, persons: (data.request?.votes ?? []).map(({ person, verdict }) => `${person} ${verdict === 'approve' ? 'approved' : 'rejected'}`),
  });

export const withIntent = (chain: ActionChain | undefined, tenant: string, { actionId, runId, deadline }: IntentRecorded, place: Place): ActionChain | 'unchanged' => newer(chain, { tenant, actionId, runId }, 'intent', { place, deadline });

export const withReturned = (chain: ActionChain | undefined, tenant: string, { actionId, runId, code }: PermitReturned, place: Place): ActionChain | 'unchanged' => newer(chain, { tenant, actionId, runId }, 'returned', { place, code });

export const withOutcome = (chain: ActionChain | undefined, tenant: string, data: OutcomeRecorded, place: Place): ActionChain | 'unchanged' =>
  newer(chain, { tenant, actionId: data.actionId, runId: data.runId }, 'outcome', { place, result: data.result, code: data.code, detail: data.detail, attempts: data.attempts, finishedAt: data.finishedAt });

function newer<K extends keyof Known>(chain: ActionChain | undefined, of: Pick<ActionChain, 'tenant' | 'actionId' | 'runId'>, part: K, value: NonNullable<Known[K]>): ActionChain | 'unchanged' {
  if (!isNewer(value.place, chain?.[part]?.place)) return 'unchanged';
  return { ...of, ...chain, [part]: value, forgetAt: Math.max(chain?.forgetAt ?? 0, value.place.at + keptMs) };
}
