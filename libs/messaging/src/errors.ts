// SPDX-License-Identifier: Apache-2.0

/** Handling this record again can never succeed: it is dead-lettered at once. Everything else is taken as transient. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
  readonly retryable = false;
  constructor(
    /** Reason code, such as `schema_invalid`. */
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
