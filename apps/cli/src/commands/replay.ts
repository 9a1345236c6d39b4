// SPDX-License-Identifier: Apache-2.0
import { type Command, consoleOptions, textOption } from '../command.js';
import { ConsoleClient } from '../console-client.js';
import { usageFailure } from '../failure.js';
import { commandResult } from './command-result.js';

/** Has a service handle records of one of its inputs again. Its place in that topic does not move. */
export const replay: Command = {
  name: 'replay',
  summary: 'Have a service handle records of one of its inputs again; what it has applied already changes nothing',
  positionals: [],
  options: {
    ...consoleOptions,
    service: { value: 'SERVICE', help: 'who is to handle them', required: true },
    topic: { value: 'TOPIC', help: 'one of its inputs, such as nervus.ingestion.signals.v1', required: true },
    from: { value: 'INSTANT', help: 'written at or after, such as 2026-12-01T09:00:00Z', required: true },
    to: { value: 'INSTANT', help: 'written before', required: true },
    key: { value: 'KEY', help: 'only records with this key, such as default/ACME' },
    'dry-run': { help: 'count them and do nothing' },
    reason: { value: 'TEXT', help: 'why; it is on record', required: true },
  },
  async run(given, context) {
    const text = (name: string): string => textOption(given, name) ?? '';
    const key = textOption(given, 'key');
    const wish = { service: text('service'), topic: text('topic'), from: instant(text('from'), 'from'), to: instant(text('to'), 'to'), ...(key === undefined ? {} : { key }), dryRun: given.options['dry-run'] === true, reason: text('reason') };
    return commandResult(await ConsoleClient.of(given, context).post('/api/replays', wish, { idempotencyKey: context.newId() }), { service: wish.service, topic: wish.topic });
  },
};

function instant(text: string, name: string): string {
  const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw usageFailure(`--${name} is "${text}": expected an instant with its zone, such as 2026-12-01T09:00:00Z`);
  return new Date(at).toISOString();
}
