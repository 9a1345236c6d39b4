// SPDX-License-Identifier: Apache-2.0
import { type Command, consoleOptions, textOption } from '../command.js';
import { ConsoleClient } from '../console-client.js';
import { usageFailure } from '../failure.js';
import { commandResult } from './command-result.js';

/** Throws a kill switch. The id of the command is the id of the stop. */
export const stop: Command = {
  name: 'stop',
  summary: 'Stop everything, one agent or one tool: SCOPE is all, agent=NAME or tool=NAME.OPERATION',
  positionals: ['SCOPE'],
  options: { ...consoleOptions, reason: { value: 'TEXT', help: 'why; everyone sees it', required: true } },
  async run(given, context) {
    const scope = scopeOf(given.positionals[0] ?? '');
    const result = await ConsoleClient.of(given, context).post('/api/stops', { scope, reason: textOption(given, 'reason') ?? '' }, { idempotencyKey: context.newId() });
    return commandResult(result, { stopId: result.commandId, scope });
  },
};

function scopeOf(text: string): { kind: string; name?: string } {
  if (text === 'all') return { kind: 'all' };
  const match = /^(agent|tool)=([a-z0-9][a-z0-9.-]*)$/.exec(text);
  if (!match?.[1] || !match[2]) throw usageFailure(`"${text}" is no scope: write all, agent=market-news or tool=alert.log`);
  return { kind: match[1], name: match[2] };
}
