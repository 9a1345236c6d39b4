// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { Problem } from '../../domain/problem.js';
import type { GivenCommand } from '../../use-cases/give-command.js';

/** What the caller is told of a command: the answer of approval under its own status, or 202 while there is none. */
export interface CommandBody {
  readonly commandId: string;
  readonly code: string;
  readonly detail: string;
}

/** @throws Problem with approval's status and code when the command was refused */
export function commandAnswer({ commandId, answer }: GivenCommand, response: ServerResponse): CommandBody {
  if (!answer) {
    response.statusCode = 202;
    response.setHeader('location', `/api/commands/${commandId}`);
    return { commandId, code: 'pending', detail: 'The command is recorded and will be carried out; nobody has answered yet.' };
  }
  if (answer.status >= 400) throw new Problem(answer.status, answer.code, answer.detail);
  response.statusCode = 200;
  return { commandId, code: answer.code, detail: answer.detail };
}
