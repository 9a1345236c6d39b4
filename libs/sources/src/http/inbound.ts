// SPDX-License-Identifier: Apache-2.0
import { atPointer } from '@nervus/contracts';
import { JsonError, parseStrictJson } from '@nervus/trust';
import { type SourceOf, type SpecOf, sourceKey } from '../manifest/source-manifest.js';
import { Refusal } from '../refusal.js';
import { marksOf } from '../signatures/schemes.js';
import { slackChallenge } from '../signatures/slack.js';
import { bodyBounds, type InboundEvent, longest, rawOf } from '../signal.js';
import { batchOf } from './cloudevents-batch.js';
import { type CloudEvent, fromBinary, fromStructured } from './cloudevent.js';
import type { ContentMode } from './content-mode.js';
import { contentOfForm } from './form.js';

/** A request that was let in: its sender is known as far as the source asks for. */
export interface InboundRequest {
  readonly source: SourceOf<'webhook' | 'cloudevents'>;
  readonly mode: ContentMode;
  /** Value of a header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** Byte for byte as received. */
  readonly body: Buffer;
}

/** An event with the trace that its sender says it belongs to. */
export interface Inbound {
  readonly event: InboundEvent;
  readonly traceparent?: string;
}

/** What a request brought: events (one, or a batch of them), or a question that is answered and is no event. */
export type Delivery =
  | { readonly kind: 'event'; readonly inbound: Inbound }
  | { readonly kind: 'batch'; readonly inbounds: readonly Inbound[] }
  | { readonly kind: 'challenge'; readonly challenge: string };

/**
 * What a request carries.
 * @param newId makes the id of an event that has none of its own: two equal bodies may be two events
 * @throws Refusal 400, 413 or 415 naming what does not fit
 */
export function deliveryOf(request: InboundRequest, newId: () => string): Delivery {
  const { source, mode, header, body } = request;
  const content = contentOf(request);
  if (source.spec.kind === 'webhook') {
    const challenge = source.spec.auth.kind === 'slack' ? slackChallenge(content) : undefined;
    return challenge === undefined ? { kind: 'event', inbound: webhookOf(request, content, newId) } : { kind: 'challenge', challenge };
  }
  if (mode === 'batch') return { kind: 'batch', inbounds: batchOf(content).map((event) => cloudEventOf(event, rawOf(body), header('traceparent'))) };
  return { kind: 'event', inbound: cloudEventOf(mode === 'structured' ? fromStructured(content) : fromBinary(header, content), rawOf(body), header('traceparent')) };
}

function cloudEventOf({ id, source, type, subject, time, hops, data, traceparent: own }: CloudEvent, raw: InboundEvent['raw'], ofTransport: string | undefined): Inbound {
  const traceparent = own ?? ofTransport;
  return {
    event: {
      kind: 'cloudevent', id, key: [source, id], type, source,
      ...(subject !== undefined && { subject }), ...(time !== undefined && { time }), ...(hops !== undefined && { hops }),
      content: data, raw,
    },
    ...(traceparent !== undefined && { traceparent }),
  };
}

function webhookOf({ source, header, body }: InboundRequest, content: unknown, newId: () => string): Inbound {
  if (source.spec.kind !== 'webhook') throw new TypeError('only a webhook is read as one');
  const { auth, eventId } = source.spec;
  const raw = rawOf(body);
  const marks = marksOf(auth, { header, body }, content);
  const id = checkedId(eventId === undefined ? marks.id : configuredId(eventId, header, content, raw)) ?? newId();
  const type = fitting(marks.type, longest.type) ?? 'webhook';
  const time = fitting(marks.time, longest.time);
  const traceparent = header('traceparent');
  return {
    event: { kind: 'webhook', id, key: [id], type, source: sourceKey(source), ...(time !== undefined && { time }), content, raw },
    ...(traceparent !== undefined && { traceparent }),
  };
}

type EventIdRule = NonNullable<SpecOf<'webhook'>['eventId']>;

/** @throws Refusal 400 where the manifest says where the id is, and it is not there */
function configuredId(rule: EventIdRule, header: (name: string) => string | undefined, content: unknown, raw: InboundEvent['raw']): string {
  if ('bodyHash' in rule) return raw.sha256;
  const found = 'header' in rule ? header(rule.header) : atPointer(content, rule.pointer);
  if (typeof found === 'number') return String(found);
  if (typeof found !== 'string' || found === '') throw new Refusal(400, 'event_id_missing', `This source has the id of an event in ${'header' in rule ? `the header ${rule.header}` : rule.pointer}, where there is none.`);
  return found;
}

function checkedId(id: string | undefined): string | undefined {
  if (id !== undefined && (id === '' || id.length > longest.id)) throw new Refusal(400, 'event_id_invalid', `The id of an event must have 1 to ${longest.id} characters.`);
  return id;
}

const fitting = (text: string | undefined, most: number): string | undefined => (text !== undefined && text !== '' && text.length <= most ? text : undefined);

/** @throws Refusal 400 with the place of the first fault */
function contentOf({ source, mode, body }: InboundRequest): unknown {
  // A CloudEvent in binary mode may have no data.
  if (body.length === 0 && source.spec.kind === 'cloudevents' && mode === 'json') return null;
  try {
    return mode === 'form' ? contentOfForm(body) : parseStrictJson(body, mode === 'batch' ? { ...bodyBounds, depth: bodyBounds.depth + 2, bigIntegers: 'text' } : { ...bodyBounds, bigIntegers: 'text' });
  } catch (error) {
    if (error instanceof JsonError) throw new Refusal(400, 'json_invalid', `The body is not JSON as it is taken here: ${error.message}.`);
    throw error;
  }
}
