// SPDX-License-Identifier: Apache-2.0
import type { DeadLetterAnswer } from '../api.js';
import { type Command, consoleOptions, textOption } from '../command.js';
import { ConsoleClient } from '../console-client.js';
import { exitCodes } from '../exit-codes.js';
import { usageFailure } from '../failure.js';
import { printable } from '../printable.js';
import { fields } from '../table.js';
import { commandResult } from './command-result.js';

const places = ['SERVICE', 'PARTITION/OFFSET'];

/** One dead letter with what it holds. */
export const dlqShow: Command = {
  name: 'dlq show',
  summary: 'Show a dead letter with its content',
  positionals: places,
  options: consoleOptions,
  async run(given, context) {
    const { letter, content } = await ConsoleClient.of(given, context).get<DeadLetterAnswer>(pathOf(given.positionals));
    const about = fields([
      ['service', letter.service], ['at', letter.at], ['origin', letter.originTopic], ['type', letter.type], ['key', letter.key], ['code', letter.code], ['message', letter.message], ['attempts', String(letter.attempts)],
      ['failed', `${letter.firstAt ?? ''} to ${letter.lastAt ?? ''}`], ['fate', letter.fate ? `${letter.fate.what} by ${letter.fate.person} at ${letter.fate.at}: ${letter.fate.reason}` : 'it waits for somebody'],
    ].map(([name, value]) => [name!, printable(value!)] as const));
    const value = content === null ? 'its content is no longer there: the retention is over' : content.value === null ? 'it is a tombstone' : `${printable(content.value)}${content.cut ? ' ...' : ''}`;
    const headers = content === null ? '' : fields(Object.entries(content.headers).map(([name, text]) => [printable(name), printable(text)] as const));
    return { json: { letter, content }, text: [about, headers, value].filter((part) => part !== '').join('\n\n'), exitCode: exitCodes.ok };
  },
};

const command = (verb: 'redrive' | 'discard', summary: string): Command => ({
  name: `dlq ${verb}`,
  summary,
  positionals: places,
  options: { ...consoleOptions, reason: { value: 'TEXT', help: 'why; it is on record', required: true } },
  async run(given, context) {
    const [service, place] = given.positionals;
    const result = await ConsoleClient.of(given, context).post(`${pathOf(given.positionals)}/${verb}`, { reason: textOption(given, 'reason') ?? '' }, { idempotencyKey: context.newId() });
    return commandResult(result, { service, place });
  },
});

/** Has the service handle it again. */
export const dlqRedrive = command('redrive', 'Have a service handle one of its dead letters again');

/** Gives it up for good. */
export const dlqDiscard = command('discard', 'Give a dead letter up for good');

/** @throws Failure for what is no place of a letter */
function pathOf([service = '', place = '']: readonly string[]): string {
  const match = /^(\d{1,5})\/(\d{1,19})$/.exec(place);
  if (!/^[a-z]+$/.test(service) || !match) throw usageFailure(`"${service} ${place}" is no place of a dead letter: write for instance action 0/17, as "nervus dlq list" shows`);
  return `/api/dead-letters/${service}/${match[1]}/${match[2]}`;
}
