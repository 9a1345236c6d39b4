// SPDX-License-Identifier: Apache-2.0
// CloudEvents 1.0, HTTP protocol binding: binary and structured content mode.
import { Refusal } from './refusal.js';

/** An event as its sender described it; data is parsed JSON. */
export interface CloudEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time?: string;
  readonly data: unknown;
}

const longest = 1024;

/**
 * Reads an event in structured mode (`application/cloudevents+json`).
 * @param envelope the parsed body
 * @throws Refusal 400 naming the attribute
 */
export function fromStructured(envelope: unknown): CloudEvent {
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope)) throw new Refusal(400, 'cloudevent_invalid', 'A structured CloudEvent is a JSON object.');
  const attributes = new Map(Object.entries(envelope));
  if (attributes.has('data_base64')) throw new Refusal(415, 'cloudevent_data_base64', 'data_base64 is not accepted: send JSON in data.');
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
  if (version !== '1.0') throw new Refusal(400, 'cloudevent_invalid', `specversion must be "1.0", not ${JSON.stringify(version) ?? 'absent'}.`);
  const subject = optional('subject', attribute('subject'));
  const time = optional('time', attribute('time'));
  if (time !== undefined && Number.isNaN(Date.parse(time))) throw new Refusal(400, 'cloudevent_invalid', 'time must be an RFC 3339 timestamp.');
  return {
    id: required('id', attribute('id')),
    source: required('source', attribute('source')),
    type: required('type', attribute('type')),
    ...(subject !== undefined && { subject }),
    ...(time !== undefined && { time }),
    data,
  };
}

function required(name: string, value: unknown): string {
  const text = optional(name, value);
  if (text === undefined) throw new Refusal(400, 'cloudevent_invalid', `The attribute ${name} is required and must not be empty.`);
  return text;
}

function optional(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || value === '' || value.length > longest) throw new Refusal(400, 'cloudevent_invalid', `The attribute ${name} must be a text of 1 to ${longest} characters.`);
  return value;
}

/** Header values are percent-encoded UTF-8 (binding section 3.1.3.2); a broken escape is an error of the sender. */
function decoded(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    throw new Refusal(400, 'cloudevent_invalid', 'A ce- header holds a percent sign that begins no valid escape.');
  }
}
