// SPDX-License-Identifier: Apache-2.0

/** Why an event was not accepted: what the edge answered (an RFC 9457 problem), or what came instead of an answer. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  /**
   * @param status HTTP status of the last answer; undefined when there was none
   * @param code of the problem, such as `signature_invalid`; `network`, `attempt_timeout`, `deadline`, `answer_invalid` or `http_<status>` where there is no problem
   * @param retryable whether sending the same event with the same id later may succeed
   * @param attempts that were made
   */
  constructor(
    readonly status: number | undefined,
    readonly code: string,
    readonly detail: string,
    readonly retryable: boolean,
    readonly id: string,
    readonly attempts: number,
    options?: ErrorOptions,
  ) {
    super(`event ${id} was not accepted (${code}${status === undefined ? '' : `, status ${status}`}, ${attempts} attempts): ${detail}`, options);
  }
}
