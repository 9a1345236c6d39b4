// SPDX-License-Identifier: Apache-2.0

/** Why the log must not be written, served or signed. */
export type LogRefusedCode =
  /** A file of the log exists with other bytes than the log has. */
  | 'file_differs'
  /** The folder holds less than the database says was committed. */
  | 'log_behind_head'
  /** The log holds less than was published. */
  | 'log_behind_published'
  /** The entries lead to another root than the database has. */
  | 'root_mismatch'
  /** The log published another root for a size that it has. */
  | 'split_view'
  /** The journal has a hole, or frames that overlap. */
  | 'journal_broken'
  /** Another process took over the log. */
  | 'lease_lost'
  /** The key file is readable by others, or no key. */
  | 'log_key_unusable';

/** The log is not what it must be: nothing is served and nothing is signed until a person has looked. */
export class LogRefused extends Error {
  override readonly name = 'LogRefused';
  readonly retryable = false;

  constructor(
    readonly code: LogRefusedCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
