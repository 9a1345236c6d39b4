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

/**
 * What the work needs is away, and no other record could go on either (database, broker, signing key). The record is
 * held and tried again for as long as the process lives; it is never dead-lettered for an outage.
 */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
  readonly retryable = true;
  constructor(
    /** Reason code, such as `database_unavailable`. */
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The partition belongs to another process now, or this one is stopping: the record is left unfinished, not failed. */
export class LeaseRevokedError extends Error {
  override readonly name = 'LeaseRevokedError';
  readonly code = 'lease_revoked';
  readonly retryable = true;
}

/** No one may act upon this record: it is reported to the quarantine topic and left alone. */
export class UntrustedRecordError extends Error {
  override readonly name = 'UntrustedRecordError';
  readonly retryable = false;
  constructor(
    /** Reason code, such as `forged_record` or `unknown_kid`. */
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Something took longer than it was given. Transient. */
export class TimedOutError extends Error {
  override readonly name = 'TimedOutError';
  readonly code = 'timeout';
  readonly retryable = true;
  constructor(
    /** What was waited for, such as `commit`. */
    readonly what: string,
    readonly limitMs: number,
  ) {
    super(`${what} took longer than ${limitMs} ms`);
  }
}

/** An error of any origin as an Error, so that it can be reported. */
export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** True for what can never succeed, however often it is tried. Where it is thrown, it is known. */
export const isPermanent = (error: unknown): boolean => typeof error === 'object' && error !== null && 'retryable' in error && error.retryable === false;

/** The reason code of an error of any origin. */
export function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code !== '' ? code : 'handler_failed';
}
