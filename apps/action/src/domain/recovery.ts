// SPDX-License-Identifier: Apache-2.0
import type { Idempotency } from '@nervus/contracts';
import type { Sent } from './action-state.js';
import type { CallResult, Found } from './call-result.js';
import type { Gate } from './gate.js';

/** What to do about an action that was begun and of which nobody wrote down what came. */
export type Recovery =
  | { readonly step: 'settle'; readonly result: 'succeeded' | 'failed' | 'unknown'; readonly code: string; readonly detail: string }
  /** Certainly not done, and the permit can no longer be used: approval rules again. */
  | { readonly step: 'return'; readonly code: 'permit_expired' | 'policy_stale' }
  /** Call once more under the same key. */
  | { readonly step: 'send_again' }
  /** Look again later; `report` tells everyone that nobody knows. */
  | { readonly step: 'wait'; readonly report: boolean; readonly code: string; readonly detail: string };

/** What is known of the target and of the permit at this moment. */
export interface Evidence {
  readonly found: Found;
  /** Whether the target can be asked again later. */
  readonly canAsk: boolean;
  readonly idempotency: Idempotency;
  readonly gate: Gate;
}

/** After this time without an answer everyone is told that the outcome is unknown. */
export const reportAfterMs = 60_000;
/** After this time nobody asks the target any more; the case is one for a person. */
export const askForMs = 24 * 60 * 60_000;
/**
 * Never a guess, and never a blind repetition: a call goes out again only where the target does nothing twice under one
 * key, and only while the permit is still good for it.
 */
export function recover(sent: Sent, { found, canAsk, idempotency, gate }: Evidence, now: number): Recovery {
  if (found === 'done') return { step: 'settle', result: 'succeeded', code: 'reconciled', detail: 'The target says that it was done.' };
  const why = sent.uncertain ?? { code: 'interrupted', detail: 'The process that sent it ended before it wrote down what came of it.' };
  const later = (): Recovery => wait(sent, why, now);
  if (found === 'not_done') {
    if (idempotency === 'none') return { step: 'settle', result: 'failed', code: 'not_done', detail: 'The target says that it was not done. It is not sent again: a new try is a new proposal.' };
    switch (gate.gate) {
      case 'open':
        return { step: 'send_again' };
      case 'hold':
        return later();
      case 'return':
        // A permit of which it was said that nobody knows is used for everyone who reads the log: it cannot come back.
        if (sent.uncertain?.reported) return { step: 'settle', result: 'failed', code: 'not_done', detail: `The target says that it was not done. ${gate.detail}` };
        return { step: 'return', code: gate.code };
      case 'end':
        return { step: 'settle', result: 'failed', code: gate.code, detail: gate.detail };
    }
  }
  if (idempotency !== 'none' && gate.gate === 'open') return { step: 'send_again' };
  if (idempotency !== 'none' && gate.gate === 'hold') return later();
  const since = sent.uncertain?.since ?? sent.startedAt;
  if (canAsk && now - since < askForMs) return later();
  return { step: 'settle', result: 'unknown', code: why.code, detail: `${why.detail} The target cannot say whether it was done: a person must look.` };
}

function wait(sent: Sent, { code, detail }: Pick<CallResult, 'code' | 'detail'>, now: number): Recovery {
  const since = sent.uncertain?.since ?? sent.startedAt;
  return { step: 'wait', report: now - since >= reportAfterMs, code, detail };
}
