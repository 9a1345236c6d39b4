// SPDX-License-Identifier: Apache-2.0
import { createReadStream, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type OutgoingEvent, PublishError, Publisher } from '@nervus/client';
import { type Arguments, type Command, type Context, textOption } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { Failure, usageFailure } from '../failure.js';
import { printable } from '../printable.js';
import { table } from '../table.js';

/** Sends events as any other sender does: through the edge, signed with the secret of a source. */
export const eventsSend: Command = {
  name: 'events send',
  summary: 'Send one event, or one a line, to a source of the edge',
  positionals: [],
  options: {
    url: { value: 'URL', help: 'the source at the edge, such as https://edge.example/v1/default/orders', required: true },
    data: { value: 'FILE', help: 'the content, as JSON; - for standard input', required: true },
    'secret-file': { value: 'FILE', help: 'the secret of the source; without it nothing is signed' },
    ndjson: { help: 'every line is the content of an event of its own' },
    cloudevent: { help: 'send CloudEvents; needs --type' },
    type: { value: 'TYPE', help: 'type of the CloudEvents' },
    subject: { value: 'SUBJECT', help: 'subject of the CloudEvents' },
    source: { value: 'URI', help: 'source of the CloudEvents; else urn:nervus:cli' },
    id: { value: 'ID', help: 'of the one event: sent again with the same id, it makes no second signal' },
  },
  run: async (given, context) => {
    const publisher = publisherOf(given, context);
    const sent: Sent[] = [];
    try {
      for await (const { event, ...outcome } of publisher.publishAll(eventsOf(given, context))) {
        if ('published' in outcome) sent.push({ event: event.name, ...outcome.published });
        else if (outcome.error instanceof PublishError) sent.push({ event: event.name, eventId: outcome.error.id, code: outcome.error.code, detail: outcome.error.detail, retryable: outcome.error.retryable });
        else throw usageFailure(outcome.error instanceof Error ? outcome.error.message : String(outcome.error));
      }
    } catch (error) {
      // The ids of what was accepted before are not to be lost with it.
      if (!(error instanceof Failure) || sent.length === 0) throw error;
      sent.push({ event: 'the rest', code: error.code, detail: error.message, retryable: false });
    }
    const refused = sent.filter((one) => 'code' in one);
    const rows = sent.map((one) => ('code' in one ? [one.event, printable(one.code), printable(one.detail)] : [one.event, one.duplicate ? 'known already' : 'accepted', printable(one.id)]));
    return { json: { accepted: sent.length - refused.length, refused: refused.length, events: sent }, text: table(['EVENT', 'ANSWER', 'SIGNAL OR REASON'], rows), exitCode: refused.length > 0 ? exitCodes.no : exitCodes.ok };
  },
};

/** What became of one event; `event` is where it stood in the input. */
type Sent = { readonly event: string; readonly id: string; readonly duplicate: boolean; readonly attempts: number } | { readonly event: string; readonly eventId?: string; readonly code: string; readonly detail: string; readonly retryable: boolean };

function publisherOf(given: Arguments, context: Context): Publisher {
  const url = URL.parse(textOption(given, 'url') ?? '');
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw usageFailure('--url is no http or https URL of a source');
  const cloudevent = given.options['cloudevent'] === true;
  if (cloudevent !== (textOption(given, 'type') !== undefined)) throw usageFailure('--cloudevent and --type are given together: a CloudEvent must have a type, and a webhook has none');
  if (!cloudevent && (textOption(given, 'subject') ?? textOption(given, 'source')) !== undefined) throw usageFailure('--subject and --source are of CloudEvents: give --cloudevent as well');
  if (given.options['ndjson'] === true && textOption(given, 'id') !== undefined) throw usageFailure('--id names one event, and --ndjson sends many: give one of them');
  const file = textOption(given, 'secret-file');
  const secret = file === undefined ? undefined : read(resolve(context.folder, file)).trim();
  return new Publisher({ url, form: cloudevent ? 'cloudevent' : 'webhook', source: textOption(given, 'source') ?? 'urn:nervus:cli', ...(secret !== undefined && { auth: { secret } }) });
}

async function* eventsOf(given: Arguments, context: Context): AsyncGenerator<OutgoingEvent & { readonly name: string }> {
  const [name, id, type, subject] = [textOption(given, 'data')!, textOption(given, 'id'), textOption(given, 'type'), textOption(given, 'subject')];
  const attributes = { ...(id !== undefined && { id }), ...(type !== undefined && { type }), ...(subject !== undefined && { subject }) };
  const file = name === '-' ? 0 : resolve(context.folder, name);
  if (given.options['ndjson'] !== true) {
    yield { ...attributes, name: 'the event', data: parsed(read(file), 'the content') };
    return;
  }
  const input = file === 0 ? process.stdin : createReadStream(file).once('error', () => undefined);
  let line = 0;
  try {
    for await (const text of createInterface({ input })) {
      line++;
      if (text.trim() !== '') yield { ...attributes, name: `line ${line}`, data: parsed(text, `line ${line}`) };
    }
  } catch (cause) {
    throw cause instanceof Failure ? cause : unreadable(cause);
  }
}

function read(file: string | 0): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreadable(cause);
  }
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure('data_invalid', `${what} is not JSON: events before it were sent, it and those after it were not`, exitCodes.no, {}, { cause });
  }
}

const unreadable = (cause: unknown): Failure => new Failure('file_unreadable', cause instanceof Error ? cause.message : String(cause), exitCodes.noInput, {}, { cause });
