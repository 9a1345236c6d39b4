// SPDX-License-Identifier: Apache-2.0

/** What became of a request that brought no response, in a word that programs can branch on. */
export type EgressErrorCode =
  /** The rule itself is wrong: an operator's mistake, found before anything is sent. */
  | 'egress_rule_invalid'
  /** The guard refused a destination, a header or a redirect. Permanent. */
  | 'egress_refused'
  /** Nothing left this machine: name not found, connection refused, TLS failed, or time ran out before. */
  | 'request_not_sent'
  /** The request may have reached the target, and no complete response came: time ran out or the connection broke. */
  | 'outcome_unknown'
  /** The caller's signal ended it. */
  | 'request_aborted'
  /** The target answered with more bytes than accepted. */
  | 'response_too_large'
  /** The target answered with something that cannot be accepted: content type, encoding, or not HTTP at all. */
  | 'response_refused';

/** What an {@link EgressError} says beside its message. */
export interface EgressErrorDetails {
  /** Which check refused: `scheme`, `host`, `port`, `method`, `address`, `credentials`, `header`, `redirect`, `url`. */
  readonly reason?: string;
  /** The destination without its query, which may hold secrets. */
  readonly destination?: string;
  /** The status of a response that came and was refused. */
  readonly status?: number;
  readonly [detail: string]: unknown;
}

/** Why there is no response. */
export class EgressError extends Error {
  override readonly name = 'EgressError';

  /**
   * @param requestSent whether any byte of the request, or of one before it in a chain of redirects, may have left
   * @param retryable whether the same call may succeed later without doing anything twice
   */
  constructor(
    readonly code: EgressErrorCode,
    message: string,
    readonly requestSent: boolean,
    readonly retryable: boolean,
    readonly details: EgressErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** What an action may report: `failed` only where it is certain that nothing was done. */
  get outcome(): 'failed' | 'unknown' {
    return this.requestSent ? 'unknown' : 'failed';
  }
}

/** A refusal by the guard. */
export function refused(reason: string, message: string, details: EgressErrorDetails = {}): EgressError {
  return new EgressError('egress_refused', message, false, false, { reason, ...details });
}

/** The same error in a chain of redirects of which an earlier request was received and answered. */
export function afterSending(error: EgressError, isSafeMethod: boolean): EgressError {
  return error.requestSent ? error : new EgressError(error.code, error.message, true, error.retryable && isSafeMethod, error.details, { cause: error });
}

/** Whether asking again is harmless, because the method promises to change nothing (RFC 9110 section 9.2.1). */
export function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}
