// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import { type Arguments, type Command, type Context, textOption } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { Failure, usageFailure } from '../failure.js';
import { edgeOptions, jsonLines, type NamedEvent, publishAndTell, publisherTo } from './edge-publisher.js';

/** Longest wait between two events, in milliseconds: a night in a recording must not stop a replay. */
const mostPauseMs = 60_000;

/** One line of a recording. */
interface Recorded {
  readonly id: string;
  readonly time?: string;
  readonly type?: string;
  readonly subject?: string;
  readonly data: unknown;
}

/** Sends what was recorded once more, under the ids of then: done twice, it makes no second signal. */
export const eventsReplay: Command = {
  name: 'events replay',
  summary: 'Send recorded events, one {id, time, data} a line, spaced as they were; repeating it makes no second signal',
  positionals: ['FILE'],
  options: {
    ...edgeOptions,
    speed: { value: 'N', help: 'how many times as fast as it was, or max; else 1. No pause is longer than a minute' },
    cloudevent: { help: 'send CloudEvents: every line has a type, perhaps a subject, and its time goes along' },
    source: { value: 'URI', help: 'source of the CloudEvents; else urn:nervus:cli' },
  },
  run(given, context) {
    const cloudevent = given.options['cloudevent'] === true;
    const speed = speedOf(given);
    // One at a time: what happened later must not arrive earlier.
    const publisher = publisherTo(given, context, { inFlight: 1, form: cloudevent ? 'cloudevent' : 'webhook', source: textOption(given, 'source') ?? 'urn:nervus:cli' });
    return publishAndTell(publisher, replayed(given.positionals[0] ?? '', context, speed, cloudevent));
  },
};

/** @returns infinity for `max` */
function speedOf(given: Arguments): number {
  const text = textOption(given, 'speed') ?? '1';
  const speed = text === 'max' ? Number.POSITIVE_INFINITY : Number(text);
  if (!(speed > 0)) throw usageFailure(`--speed is ${JSON.stringify(text)}: write a number above 0, or max`);
  return speed;
}

async function* replayed(file: string, context: Context, speed: number, cloudevent: boolean): AsyncGenerator<NamedEvent> {
  let before: number | undefined;
  for await (const { name, value } of jsonLines(file, context)) {
    const { id, time, type, subject, data } = recordedIn(value, name, cloudevent);
    const at = time === undefined ? undefined : Date.parse(time);
    // A time that goes back is sent at once.
    if (at !== undefined && before !== undefined && at > before) await pause(Math.min(mostPauseMs, (at - before) / speed));
    before = at ?? before;
    yield { name, id, data, ...(cloudevent && { ...(type !== undefined && { type }), ...(subject !== undefined && { subject }), ...(time !== undefined && { time }) }) };
  }
}

function recordedIn(value: unknown, name: string, cloudevent: boolean): Recorded {
  const line = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  const { id, time, type, subject } = line;
  const isText = (one: unknown): boolean => one === undefined || (typeof one === 'string' && one !== '');
  const fits = typeof id === 'string' && id !== '' && 'data' in line && isText(type) && isText(subject) && (time === undefined || (typeof time === 'string' && !Number.isNaN(Date.parse(time)))) && (!cloudevent || type !== undefined);
  if (!fits) throw new Failure('data_invalid', `${name} is no recorded event: it has an id and data, perhaps a time (RFC 3339) and a subject${cloudevent ? ', and as a CloudEvent a type' : ''}. Events before it were sent, it and those after it were not`, exitCodes.no);
  return line as unknown as Recorded;
}
