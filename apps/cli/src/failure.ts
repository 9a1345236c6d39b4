// SPDX-License-Identifier: Apache-2.0
import { exitCodes, type ExitCode } from './exit-codes.js';

/** Why a command could not do what it was asked to: what happened, and what to do next. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly retryable = false;
  constructor(
    readonly code: string,
    message: string,
    readonly exitCode: ExitCode,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export const usageFailure = (message: string): Failure => new Failure('usage', message, exitCodes.usage);
