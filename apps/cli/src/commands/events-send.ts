// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import type { Publisher } from '@nervus/client';
import { type Arguments, type Command, type Context, textOption } from '../command.js';
import { usageFailure } from '../failure.js';
import { edgeOptions, jsonLines, type NamedEvent, parsedJson, publishAndTell, publisherTo, readText } from './edge-publisher.js';

/** Sends events as any other sender does: through the edge, signed with the secret of a source. */
export const eventsSend: Command = {
  name: 'events send',
  summary: 'Send one event, or one a line, to a source of the edge',
  positionals: [],
  options: {
    ...edgeOptions,
    data: { value: 'FILE', help: 'the content, as JSON; - for standard input', required: true },
    ndjson: { help: 'every line is the content of an event of its own' },
    cloudevent: { help: 'send CloudEvents; needs --type' },
    type: { value: 'TYPE', help: 'type of the CloudEvents' },
    subject: { value: 'SUBJECT', help: 'subject of the CloudEvents' },
    source: { value: 'URI', help: 'source of the CloudEvents; else urn:nervus:cli' },
    id: { value: 'ID', help: 'of the one event: sent again with the same id, it makes no second signal' },
  },
  run: (given, context) => publishAndTell(publisherOf(given, context), eventsOf(given, context)),
};

function publisherOf(given: Arguments, context: Context): Publisher {
  const cloudevent = given.options['cloudevent'] === true;
  if (cloudevent !== (textOption(given, 'type') !== undefined)) throw usageFailure('--cloudevent and --type are given together: a CloudEvent must have a type, and a webhook has none');
  if (!cloudevent && (textOption(given, 'subject') ?? textOption(given, 'source')) !== undefined) throw usageFailure('--subject and --source are of CloudEvents: give --cloudevent as well');
  if (given.options['ndjson'] === true && textOption(given, 'id') !== undefined) throw usageFailure('--id names one event, and --ndjson sends many: give one of them');
  return publisherTo(given, context, { form: cloudevent ? 'cloudevent' : 'webhook', source: textOption(given, 'source') ?? 'urn:nervus:cli' });
}

async function* eventsOf(given: Arguments, context: Context): AsyncGenerator<NamedEvent> {
  const [file, id, type, subject] = [textOption(given, 'data')!, textOption(given, 'id'), textOption(given, 'type'), textOption(given, 'subject')];
  const attributes = { ...(id !== undefined && { id }), ...(type !== undefined && { type }), ...(subject !== undefined && { subject }) };
  if (given.options['ndjson'] === true) {
    for await (const { name, value } of jsonLines(file, context)) yield { ...attributes, name, data: value };
    return;
  }
  yield { ...attributes, name: 'the event', data: parsedJson(readText(file === '-' ? 0 : resolve(context.folder, file)), 'the content') };
}
