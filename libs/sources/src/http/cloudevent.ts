// SPDX-License-Identifier: Apache-2.0
// CloudEvents 1.0, HTTP protocol binding: binary and structured content mode.
import { maxHops } from '@nervus/contracts';
import { Refusal } from '../refusal.js';
import { longest } from '../signal.js';

/** An event as its sender described it; data is parsed JSON. */
export interface CloudEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time?: string;
  /** Extension of distributed tracing: the trace that the event belongs to. */
  readonly traceparent?: string;
  /** Extension that Nervus sets on what it sends: steps from the first signal, so that a circle through others ends. */
  readonly hops?: number;
  readonly data: unknown;
}

/** Longest subject and trace context that are looked at; a subject too long for a signal is replaced by the source's own. */
const longestOther = 1024;

/**
 * Reads an event in structured mode (`application/cloudevents+json`).
 * @param envelope the parsed body
 * @throws Refusal 400 naming the attribute; 415 for data that is not JSON
 */
export function fromStructured(envelope: unknown): CloudEvent {
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope)) throw new Refusal(400, 'cloudevent_invalid', 'A structured CloudEvent is a JSON object.');
  const attributes = new Map<string, unknown>(Object.entries(envelope));
  if (attributes.has('data_base64')) throw new Refusal(415, 'cloudevent_data_base64', 'data_base64 is not accepted: send JSON in data.');
  const dataType = attributes.get('datacontenttype') ?? 'application/json';
  if (typeof dataType !== 'string' || !/^[^;]*[/+]json\s*(;|$)/i.test(dataType)) throw new Refusal(415, 'cloudevent_data_type', `datacontenttype must be a JSON media type, not ${JSON.stringify(dataType)}.`);
  return read((name) => attributes.get(name), attributes.get('data') ?? null);
}

/**
 * Reads an event in binary mode (`ce-*` headers).
 * @param header value of a header by its lower-case name
 * @param data the parsed body
 * @throws Refusal 400 naming the attribute
 */
export function fromBinary(header: (name: string) => string | undefined, data: unknown): CloudEvent {
  return read((name) => decoded(header(`ce-${name}`)), data);
}

function read(attribute: (name: string) => unknown, data: unknown): CloudEvent {
  const version = attribute('specversion');
  if (version !== '1.0') throw invalid(`specversion must be "1.0", not ${JSON.stringify(version) ?? 'absent'}.`);
  const subject = optional('subject', attribute('subject'), longestOther);
  const time = optional('time', attribute('time'), longest.time);
  const traceparent = optional('traceparent', attribute('traceparent'), longestOther);
  const hops = hopsOf(attribute('hops'));
  if (time !== undefined && Number.isNaN(Date.parse(time))) throw invalid('time must be an RFC 3339 timestamp.');
  return {
    id: required('id', attribute('id'), longest.id),
    source: required('source', attribute('source'), longest.source),
    type: required('type', attribute('type'), longest.type),
    ...(subject !== undefined && { subject }),
    ...(time !== undefined && { time }),
    ...(traceparent !== undefined && { traceparent }),
    ...(hops !== undefined && { hops }),
    data,
  };
}

function required(name: string, value: unknown, most: number): string {
  const text = optional(name, value, most);
  if (text === undefined) throw invalid(`The attribute ${name} is required and must not be empty.`);
  return text;
}

function optional(name: string, value: unknown, most: number): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || value === '' || value.length > most) throw invalid(`The attribute ${name} must be a text of 1 to ${most} characters.`);
  return value;
}

function hopsOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const hops = typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : value;
  if (typeof hops !== 'number' || !Number.isInteger(hops) || hops < 0) throw invalid('The attribute hops must be a count.');
  if (hops >= maxHops) throw new Refusal(400, 'hops_exceeded', `This event came ${hops} steps already, fewer than ${maxHops} are accepted: is there a circle?`);
  return hops;
}

const invalid = (message: string): Refusal => new Refusal(400, 'cloudevent_invalid', message);

/** Header values are percent-encoded UTF-8 (binding section 3.1.3.2); a broken escape is an error of the sender. */
function decoded(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    throw invalid('A ce- header holds a percent sign that begins no valid escape.');
  }
}
