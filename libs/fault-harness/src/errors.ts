// SPDX-License-Identifier: Apache-2.0

/**
 * - `precondition_unmet`: this machine does not allow the disturbance; the message says what is missing.
 * - `not_running`: the victim does not run, so that nothing can be done to it.
 * - `not_within`: what was waited for did not come to pass in time.
 * - `command_failed`: a command of the system ended with an error.
 */
export type FaultErrorCode = 'precondition_unmet' | 'not_running' | 'not_within' | 'command_failed';

/** A disturbance could not be made or undone. */
export class FaultError extends Error {
  override readonly name = 'FaultError';
  readonly retryable = false;

  constructor(
    readonly code: FaultErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
