// SPDX-License-Identifier: Apache-2.0
import { type CloudEvent, fromBinary, fromStructured } from './cloudevent.js';
import type { ContentMode } from './content-mode.js';
import { Refusal } from '../refusal.js';
import { type InboundEvent, longest, rawOf } from '../signal.js';
import { type SourceOf, sourceKey } from '../manifest/source-manifest.js';

/** A request that was let in: its sender is known as far as the source asks for, its body is strict JSON. */
export interface InboundRequest {
  readonly source: SourceOf<'webhook' | 'cloudevents'>;
  readonly mode: ContentMode;
  /** Value of a header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
  readonly parsed: unknown;
}

/** An event with the trace that its sender says it belongs to. */
export interface Inbound {
  readonly event: InboundEvent;
  readonly traceparent?: string;
}

/**
 * The event that a request carries.
 * @param newId makes the id of an event that has none of its own: two equal bodies may be two events
 * @throws Refusal 400 or 415 naming what does not fit
 */
export function inboundOf(request: InboundRequest, newId: () => string): Inbound {
  return request.source.spec.kind === 'cloudevents' ? cloudEventOf(request) : webhookOf(request, newId);
}

function cloudEventOf({ mode, header, body, parsed }: InboundRequest): Inbound {
  const found: CloudEvent = mode === 'structured' ? fromStructured(parsed) : fromBinary(header, parsed);
  const { id, source, type, subject, time, hops } = found;
  const traceparent = found.traceparent ?? header('traceparent');
  return {
    event: {
      kind: 'cloudevent', id, key: [source, id], type, source,
      ...(subject !== undefined && { subject }), ...(time !== undefined && { time }), ...(hops !== undefined && { hops }),
      content: found.data, raw: rawOf(body),
    },
    ...(traceparent !== undefined && { traceparent }),
  };
}

function webhookOf({ source, header, body, parsed }: InboundRequest, newId: () => string): Inbound {
  const given = header('webhook-id');
  if (given !== undefined && (given === '' || given.length > longest.id)) throw new Refusal(400, 'event_id_invalid', `webhook-id must have 1 to ${longest.id} characters.`);
  const id = given ?? newId();
  const type = textOf(parsed, 'type', longest.type) ?? 'webhook';
  const time = textOf(parsed, 'timestamp', longest.time) ?? timeOf(header('webhook-timestamp'));
  const traceparent = header('traceparent');
  return {
    event: { kind: 'webhook', id, key: [id], type, source: sourceKey(source), ...(time !== undefined && { time }), content: parsed, raw: rawOf(body) },
    ...(traceparent !== undefined && { traceparent }),
  };
}

/** A member that Standard Webhooks recommends; undefined when it is absent or not such a text. */
function textOf(parsed: unknown, name: string, most: number): string | undefined {
  const value = typeof parsed === 'object' && parsed !== null && Object.hasOwn(parsed, name) ? (parsed as Readonly<Record<string, unknown>>)[name] : undefined;
  return typeof value === 'string' && value !== '' && value.length <= most ? value : undefined;
}

const timeOf = (seconds: string | undefined): string | undefined => (seconds !== undefined && /^\d{1,11}$/.test(seconds) ? new Date(Number(seconds) * 1000).toISOString() : undefined);
