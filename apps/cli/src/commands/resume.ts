// SPDX-License-Identifier: Apache-2.0
import { type Command, consoleOptions, textOption } from '../command.js';
import { ConsoleClient } from '../console-client.js';
import { usageFailure } from '../failure.js';
import { commandResult } from './command-result.js';

/** One of the two persons who lift a stop. */
export const resume: Command = {
  name: 'resume',
  summary: 'Agree to lift a stop; it takes two persons',
  positionals: ['STOP'],
  options: { ...consoleOptions, reason: { value: 'TEXT', help: 'why it may go on', required: true } },
  async run(given, context) {
    const [stopId = ''] = given.positionals;
    if (!/^[0-9a-f-]{36}$/.test(stopId)) throw usageFailure(`"${stopId}" is no id of a stop: "nervus status" lists active ones`);
    const result = await ConsoleClient.of(given, context).post(`/api/stops/${stopId}/resume`, { reason: textOption(given, 'reason') ?? '' }, { idempotencyKey: context.newId() });
    return commandResult(result, { stopId });
  },
};
