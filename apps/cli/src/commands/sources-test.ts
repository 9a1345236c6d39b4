// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isPushed, secretOf, type Source, type Tried, tryEvent } from '@nervus/sources';
import { type Command, type Context, type Result, textOption } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { Failure, usageFailure } from '../failure.js';
import { printable } from '../printable.js';
import { readOneSource } from './sources-read.js';

/** Shows what would become of an event, from files alone: nothing is sent. */
export const sourcesTest: Command = {
  name: 'sources test',
  summary: 'Show the signals that a source would make of an event, or why none; nothing is sent',
  positionals: ['FILE'],
  options: {
    event: { value: 'FILE', help: 'the body as its sender sends it, or the text of a feed', required: true },
    headers: { value: 'FILE', help: 'headers of the request, one "Name: value" a line' },
    secret: { value: 'FILE', help: 'the secret; without it signatures are not checked' },
    at: { value: 'TIME', help: 'when it arrives, RFC 3339; else now' },
  },
  run(given, context) {
    const source = readOneSource(context.folder, given.positionals[0] ?? '');
    const at = textOption(given, 'at');
    const nowMs = at === undefined ? context.now() : Date.parse(at);
    if (Number.isNaN(nowMs)) throw usageFailure(`--at is ${JSON.stringify(at)}: write a time such as 2026-11-24T10:00:00Z`);
    const headers = textOption(given, 'headers');
    const secret = textOption(given, 'secret');
    const sample = {
      body: bytesOf(context, textOption(given, 'event') ?? ''),
      headers: headers === undefined ? {} : headersIn(bytesOf(context, headers).toString('utf8')),
      secrets: secret === undefined ? [] : [keyIn(source, bytesOf(context, secret).toString('utf8'))],
      nowMs,
    };
    return Promise.resolve(shown(tried(source, sample)));
  },
};

function tried(source: Source, sample: Parameters<typeof tryEvent>[1]): Tried {
  try {
    return tryEvent(source, sample);
  } catch (error) {
    if (error instanceof TypeError) throw new Failure('kind_untestable', error.message, exitCodes.no, {}, { cause: error });
    throw error;
  }
}

function shown(result: Tried): Result {
  switch (result.kind) {
    case 'refused':
      return { json: result, text: `refused with ${result.status} ${result.code}: ${printable(result.detail)}`, exitCode: exitCodes.no };
    case 'challenge':
      return { json: result, text: `answered with the challenge ${printable(result.challenge)}: this is no event`, exitCode: exitCodes.ok };
    case 'signals':
      return { json: result, text: result.signals.map(({ id, subject, data }) => `signal ${id}, subject ${printable(subject)}\n${printable(JSON.stringify(data, null, 2))}`).join('\n\n') || 'no signal: there is no event in it', exitCode: exitCodes.ok };
  }
}

function bytesOf({ folder }: Context, file: string): Buffer {
  try {
    return readFileSync(resolve(folder, file));
  } catch (cause) {
    throw new Failure('file_missing', `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, exitCodes.noInput, {}, { cause });
  }
}

function headersIn(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of text.split(/\r?\n/).filter((one) => one.trim() !== '')) {
    const match = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+):\s*(.*)$/.exec(line);
    if (!match?.[1]) throw usageFailure(`${JSON.stringify(line.slice(0, 60))} is no header: write Name: value`);
    headers[match[1].toLowerCase()] = match[2] ?? '';
  }
  return headers;
}

function keyIn({ spec }: Source, text: string): ReturnType<typeof secretOf> {
  if (!isPushed(spec) || spec.auth.kind === 'none') throw usageFailure('--secret is given, but this source is not signed');
  try {
    return secretOf(spec.auth, text);
  } catch (cause) {
    throw new Failure('secret_invalid', `the secret cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, exitCodes.no, {}, { cause });
  }
}
