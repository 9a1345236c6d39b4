// SPDX-License-Identifier: Apache-2.0
import type { StandingAnswer } from '../api.js';
import { type Command, consoleOptions } from '../command.js';
import { ConsoleClient } from '../console-client.js';
import { exitCodes } from '../exit-codes.js';
import { printable } from '../printable.js';
import { duration } from '../table.js';

/** What a run waits for, and what can be done about it. */
export const whyStuck: Command = {
  name: 'why-stuck',
  summary: 'Say what a run waits for, since when, and what to do about it',
  positionals: ['RUN'],
  options: consoleOptions,
  async run(given, context) {
    const answer = await ConsoleClient.of(given, context).get<StandingAnswer>(`/api/runs/${encodeURIComponent(given.positionals[0] ?? '')}/standing`);
    const { standing } = answer;
    const waits = standing.waits.map(({ actionId, since, sentence, next }) => {
      const where = [...(actionId === undefined ? [] : [`action ${actionId}`]), ...(since === undefined ? [] : [`since ${since} (${duration(context.now() - Date.parse(since))})`])];
      return [`- ${printable(sentence)}`, ...(where.length > 0 ? [`  ${where.map(printable).join(', ')}`] : []), `  ${printable(next)}`].join('\n');
    });
    return { json: answer, text: [printable(standing.sentence), ...waits, `as of ${duration(answer.ageMs)} ago`].join('\n'), exitCode: exitCodes.ok };
  },
};
