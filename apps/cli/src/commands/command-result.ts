// SPDX-License-Identifier: Apache-2.0
import type { Result } from '../command.js';
import type { CommandResult } from '../console-client.js';
import { exitCodes } from '../exit-codes.js';
import { printable } from '../printable.js';

/** What is printed of a command that was published: its answer, or that there is none yet. */
export function commandResult(result: CommandResult, about: Readonly<Record<string, unknown>>): Result {
  const pending = result.code === 'pending';
  const text = pending ? `The command ${result.commandId} is recorded and not answered yet; it will be carried out. Look again with "nervus status" or "nervus approvals list".` : printable(result.detail);
  return { json: { ...about, ...result }, text, exitCode: pending ? exitCodes.undecided : exitCodes.ok };
}
