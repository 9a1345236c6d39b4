// SPDX-License-Identifier: Apache-2.0
// What would become of an event, found out without a service: nothing is sent, stored or remembered.
import type { KeyObject } from 'node:crypto';
import { readFeed } from './feed/parse-feed.js';
import { feedItemEvent } from './feed/item-event.js';
import { contentModeOf } from './http/content-mode.js';
import { deliveryOf } from './http/inbound.js';
import { isOfKind, isPushed, type Source, type SourceOf } from './manifest/source-manifest.js';
import { Refusal } from './refusal.js';
import { type InboundEvent, type Signal, signalOf } from './signal.js';
import { checkSignature } from './signatures/schemes.js';

/** An event as its sender would send it. */
export interface Sample {
  readonly body: Buffer;
  /** By lower-case name; without a content type the body is taken for JSON. */
  readonly headers: Readonly<Record<string, string>>;
  /** Live secrets; without any, signatures are not checked. */
  readonly secrets: readonly KeyObject[];
  /** When it arrives, in milliseconds since the epoch. */
  readonly nowMs: number;
}

/** Signals that would be published, in order, or why not; or a question of the sender that would be answered. */
export type Tried = { readonly kind: 'signals'; readonly signals: readonly Signal[] } | { readonly kind: 'challenge'; readonly challenge: string } | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly detail: string };

/** Id that stands for the one which an event without an id of its own gets. */
export const idOfNew = '00000000-0000-7000-8000-000000000000';

/** @throws TypeError for a kind of source that no event can be tried on */
export function tryEvent(source: Source, sample: Sample): Tried {
  try {
    if (isPushed(source.spec)) return tryPushed(source as SourceOf<'webhook' | 'cloudevents'>, sample);
    if (isOfKind(source, 'feed')) return signals(source, feedEvents(source, sample));
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', status: error.status, code: error.code, detail: error.message };
    if (error instanceof Error && 'code' in error && error.code === 'feed_unreadable') return { kind: 'refused', status: 422, code: 'feed_unreadable', detail: error.message };
    throw error;
  }
  throw new TypeError(`a source of kind ${source.spec.kind} takes no event that could be tried: webhook, cloudevents and feed do`);
}

function tryPushed(source: SourceOf<'webhook' | 'cloudevents'>, { body, headers, secrets, nowMs }: Sample): Tried {
  const header = (name: string): string | undefined => (name === 'content-type' ? (headers[name] ?? defaultType(source, body, headers)) : headers[name]);
  const mode = contentModeOf(source.spec, header('content-type'), header('content-encoding'));
  const { auth } = source.spec;
  if (auth.kind !== 'none' && secrets.length > 0) checkSignature(auth, { header, body }, secrets, nowMs);
  const delivery = deliveryOf({ source, mode, header, body }, () => idOfNew);
  if (delivery.kind === 'challenge') return delivery;
  return signals(source, (delivery.kind === 'batch' ? delivery.inbounds : [delivery.inbound]).map(({ event }) => event));
}

const defaultType = ({ spec }: SourceOf<'webhook' | 'cloudevents'>, body: Buffer, headers: Sample['headers']): string => {
  if (spec.kind === 'webhook' || headers['ce-specversion'] !== undefined) return 'application/json';
  return /^\s*\[/.test(body.subarray(0, 64).toString('latin1')) ? 'application/cloudevents-batch+json' : 'application/cloudevents+json';
};

function feedEvents(source: SourceOf<'feed'>, { body }: Sample): readonly InboundEvent[] {
  const { urls, maxItems } = source.spec.config;
  return readFeed(body, undefined, maxItems).map((item) => feedItemEvent(item, urls[0] ?? '', body)).toReversed();
}

const signals = (source: Source, events: readonly InboundEvent[]): Tried => ({ kind: 'signals', signals: events.map((event) => signalOf(source, event)) });
