// SPDX-License-Identifier: Apache-2.0
// What the commands share that publish through the edge as any other sender does.
import { createReadStream, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type OutgoingEvent, PublishError, Publisher, type PublisherOptions } from '@nervus/client';
import { type Arguments, type Context, type Result, textOption } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { Failure, usageFailure } from '../failure.js';
import { printable } from '../printable.js';
import { table } from '../table.js';

/** Options of every command that publishes. */
export const edgeOptions = {
  url: { value: 'URL', help: 'the source at the edge, such as https://edge.example/v1/default/orders', required: true },
  'secret-file': { value: 'FILE', help: 'the secret of the source; without it nothing is signed' },
} as const;

/** An event with where it stood in the input. */
export type NamedEvent = OutgoingEvent & { readonly name: string };

/** What became of one event. */
type Sent = { readonly event: string; readonly id: string; readonly duplicate: boolean; readonly attempts: number } | { readonly event: string; readonly eventId?: string; readonly code: string; readonly detail: string; readonly retryable: boolean };

/** A publisher to the source that the options name. @throws Failure */
export function publisherTo(given: Arguments, context: Context, more: Pick<PublisherOptions, 'form' | 'source' | 'inFlight'>): Publisher {
  const url = URL.parse(textOption(given, 'url') ?? '');
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw usageFailure('--url is no http or https URL of a source');
  const file = textOption(given, 'secret-file');
  const secret = file === undefined ? undefined : readText(resolve(context.folder, file)).trim();
  return new Publisher({ url, ...more, ...(secret !== undefined && { auth: { secret } }) });
}

/** Publishes all of them, and tells what became of each. */
export async function publishAndTell(publisher: Publisher, events: AsyncIterable<NamedEvent>): Promise<Result> {
  const sent: Sent[] = [];
  try {
    for await (const { event, ...outcome } of publisher.publishAll(events)) {
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
}

/** Each line that holds something, parsed, with its name; `-` is standard input. @throws Failure at the first that is not JSON */
export async function* jsonLines(name: string, context: Context): AsyncGenerator<{ readonly name: string; readonly value: unknown }> {
  const input = name === '-' ? process.stdin : createReadStream(resolve(context.folder, name)).once('error', () => undefined);
  let line = 0;
  try {
    for await (const text of createInterface({ input })) {
      line++;
      if (text.trim() !== '') yield { name: `line ${line}`, value: parsedJson(text, `line ${line}`) };
    }
  } catch (cause) {
    throw cause instanceof Failure ? cause : unreadable(cause);
  }
}

/** The whole of a file, or of standard input. @throws Failure */
export function readText(file: string | 0): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** @throws Failure naming what is not JSON */
export function parsedJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure('data_invalid', `${what} is not JSON: events before it were sent, it and those after it were not`, exitCodes.no, {}, { cause });
  }
}

const unreadable = (cause: unknown): Failure => new Failure('file_unreadable', cause instanceof Error ? cause.message : String(cause), exitCodes.noInput, {}, { cause });
