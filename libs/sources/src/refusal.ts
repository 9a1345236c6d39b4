// SPDX-License-Identifier: Apache-2.0

/** Why an event of the outside was not accepted, as an RFC 9457 problem. Nothing of it was kept. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    /** HTTP status. */
    readonly status: 400 | 401 | 403 | 404 | 405 | 408 | 413 | 415 | 422 | 429 | 503,
    /** Reason code, stable for machines. */
    readonly code: string,
    message: string,
    /** Seconds after which the sender may try again; required for 429 and 503. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}
