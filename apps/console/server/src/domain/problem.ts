// SPDX-License-Identifier: Apache-2.0

/** Why a request of the console's API is refused; answered as a problem document (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly retryable = false;
  constructor(
    readonly status: number,
    /** Reason code, such as `separation_of_duties`. */
    readonly code: string,
    /** For people: what happened and what to do. */
    readonly detail: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }
}

/** The same for what is not there, what belongs to another tenant and what was never a route, so that nothing can be probed. */
export const notFound = (): Problem => new Problem(404, 'not_found', 'There is nothing here.');
