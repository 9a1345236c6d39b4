// SPDX-License-Identifier: Apache-2.0
import type { EgressError, EgressResponse } from '@nervus/egress';
import { type CallResult, type Message, messageOf } from '../../domain/call-result.js';

/** What is known of a request when it is judged what came of it. */
export interface HttpAttempt {
  /** GET and HEAD promise to change nothing (RFC 9110 section 9.2.1): whatever happens, nothing was done. */
  readonly safe: boolean;
  /** 1 for the first call of an action. */
  readonly attempt: number;
  readonly request: Message;
}

/** What an answer means. Only a final success counts as done; what the status leaves open stays open. */
export function resultOfResponse({ status, body }: EgressResponse, attempt: HttpAttempt): CallResult {
  return { ...resultOfStatus(status, attempt), request: attempt.request, response: { status, ...messageOf(body) } };
}

/** What a request without a usable answer came to. */
export function resultOfError(error: EgressError, attempt: HttpAttempt): CallResult {
  const { status } = error.details;
  // The head of the answer came and says it; only its content was too much or of no use to us.
  if (status !== undefined && (error.code === 'response_too_large' || error.code === 'response_refused')) {
    const result = resultOfStatus(status, attempt);
    return { ...result, detail: `${result.detail} Its answer was not kept: ${error.code}.`, request: attempt.request };
  }
  if (!error.requestSent) return { kind: error.retryable ? 'not_done' : 'refused', code: error.retryable ? 'target_unreachable' : error.code, detail: error.message };
  if (attempt.safe) return { kind: 'not_done', giveUp: true, code: error.code, detail: error.message, request: attempt.request };
  return { kind: 'uncertain', code: error.code, detail: error.message, request: attempt.request };
}

function resultOfStatus(status: number, { safe, attempt }: HttpAttempt): CallResult {
  const detail = `The target answered ${status}.`;
  if (status >= 200 && status < 300) return { kind: 'done', code: 'done', detail };
  if (status < 400) return { kind: safe || status === 301 || status === 307 || status === 308 ? 'refused' : 'uncertain', code: 'redirected', detail: `${detail} A redirect is not followed: it is not what was permitted.` };
  if (status === 408 || status === 425 || status === 429) return { kind: 'not_done', code: 'target_busy', detail };
  // The answer to a repeated call may be about the first one that is still at work.
  if (status === 409 && attempt > 1 && !safe) return { kind: 'uncertain', code: 'target_conflict', detail };
  if (status < 500 || status === 501 || status === 505) return { kind: 'refused', code: 'target_refused', detail };
  return safe ? { kind: 'not_done', giveUp: true, code: 'target_failed', detail } : { kind: 'uncertain', code: 'target_failed', detail };
}
