// SPDX-License-Identifier: Apache-2.0

/** How an event is written into a request. In `cloudevent-binary` the signature does not cover the attributes, which are headers. */
export type ContentForm = 'webhook' | 'cloudevent' | 'cloudevent-binary';

/** An event as its sender gives it. */
export interface OutgoingEvent {
  /** A JSON value. */
  readonly data: unknown;
  /** What makes it the same event when it is sent again: 1 or more visible ASCII characters. @default a random UUID, made once per event */
  readonly id?: string;
  /** Attributes of a CloudEvent. A webhook has none: its source takes them from the content. */
  readonly type?: string;
  readonly subject?: string;
  /** RFC 3339. */
  readonly time?: string;
}

/** The same at every attempt; only the signature differs. */
export interface EventRequest {
  readonly id: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * @param source attribute `source` of CloudEvents
 * @throws TypeError when the event cannot be written in this form
 */
export function requestOf(event: OutgoingEvent, form: ContentForm, source: string | undefined): EventRequest {
  const { data, id = crypto.randomUUID() } = event;
  if (!/^[\x21-\x7e]+$/.test(id)) throw new TypeError(`the id ${JSON.stringify(id)} cannot stand in a header: give visible ASCII characters without spaces`);
  const content: string | undefined = JSON.stringify(data);
  if (content === undefined) throw new TypeError(`the data of event ${id} is no JSON value`);
  const { type, subject, time } = event;
  if (form === 'webhook') {
    if (type !== undefined || subject !== undefined || time !== undefined) throw new TypeError(`event ${id} has a type, subject or time, which a webhook cannot carry: put them into its data, or publish in the form "cloudevent"`);
    return { id, body: content, headers: { 'content-type': 'application/json', 'webhook-id': id } };
  }
  if (!type || !source) throw new TypeError(`event ${id} lacks the ${type ? 'source' : 'type'} that a CloudEvent must have: give ${type ? 'the publisher a source' : 'the event a type'}`);
  const attributes = { specversion: '1.0', id, source, type, ...(subject !== undefined && { subject }), ...(time !== undefined && { time }) };
  if (form === 'cloudevent') {
    return { id, body: `${JSON.stringify({ ...attributes, datacontenttype: 'application/json' }).slice(0, -1)},"data":${content}}`, headers: { 'content-type': 'application/cloudevents+json' } };
  }
  const headers = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, percentEncoded(value)]);
  return { id, body: content, headers: { 'content-type': 'application/json', ...Object.fromEntries(headers) } };
}

/** HTTP binding of CloudEvents 1.0, section 3.1.3.2: space, quote, percent and all that is not visible ASCII is escaped. */
const percentEncoded = (value: string): string => value.toWellFormed().replaceAll(/[^\x21\x23\x24\x26-\x7e]+/g, (part) => encodeURIComponent(part));
