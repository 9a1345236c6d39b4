// SPDX-License-Identifier: Apache-2.0
import type { Idempotency } from '@nervus/contracts';
import { digestOfBytes } from '@nervus/trust';

/** Hash and size of what was sent. */
export interface Message {
  readonly sha256: string;
  readonly bytes: number;
}

/** Hash and size of what came back; never the content. */
export interface Reply extends Message {
  readonly status?: number;
}

/**
 * What one call came to.
 * - `done`: the target confirmed the effect.
 * - `refused`: certainly not done, and asking again will not help.
 * - `not_done`: certainly not done, and asking again may help.
 * - `uncertain`: it may have been done.
 */
export interface CallResult {
  readonly kind: 'done' | 'refused' | 'not_done' | 'uncertain';
  /** Reason code; `done` for success. */
  readonly code: string;
  /** For people; never a secret, never the target's text. */
  readonly detail: string;
  /** With `not_done`: when it does not help at once either, the action fails instead of waiting. */
  readonly giveUp?: true;
  readonly request?: Message;
  readonly response?: Reply;
}

/** Whether the same call may be sent again under its key: always when nothing was done, else only where that does nothing twice. */
export function mayRepeat({ kind }: Pick<CallResult, 'kind'>, idempotency: Idempotency): boolean {
  return kind === 'not_done' || (kind === 'uncertain' && idempotency !== 'none');
}

/** What a target that was asked by idempotency key says of an earlier call. */
export type Found = 'done' | 'not_done' | 'cannot_tell';

export const messageOf = (body: string | Uint8Array): Message => ({ sha256: digestOfBytes(body), bytes: typeof body === 'string' ? Buffer.byteLength(body) : body.length });
