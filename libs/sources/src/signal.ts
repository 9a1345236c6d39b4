// SPDX-License-Identifier: Apache-2.0
import { atPointer, derivedId, maxValueBytes, type SignalAccepted } from '@nervus/contracts';
import { checkOf } from './manifest/event-schema.js';
import { sha256 } from './sha256.js';
import { Refusal } from './refusal.js';
import type { Source } from './manifest/source-manifest.js';

/** What one event of the outside was, before it is a signal. */
export interface InboundEvent {
  readonly kind: 'webhook' | 'cloudevent' | 'feed.item' | 'replay.item' | 'schedule.tick';
  /** Event id as the source gave it. */
  readonly id: string;
  /** What makes it one event among those of its source: deduplication goes by all of it. */
  readonly key: readonly string[];
  readonly type: string;
  /** The sender's own name for itself. */
  readonly source: string;
  readonly time?: string;
  readonly subject?: string;
  readonly content: unknown;
  /** base64url SHA-256 and size of the bytes received. */
  readonly raw: { readonly sha256: string; readonly bytes: number };
  /** Steps that it had come already when it arrived, by what its sender says. */
  readonly hops?: number;
}

export interface Signal {
  /** `ce_id`: the same event always becomes the same signal. */
  readonly id: string;
  /** Id of the document that remembers it: `<tenant>/<source>/<hash of the event's key>`. */
  readonly memoryId: string;
  readonly subject: string;
  readonly data: SignalAccepted;
}

/**
 * Bounds of a body's structure: a few less than what a reader of inner records takes, since the signal wraps the body
 * and has members of its own.
 */
export const bodyBounds = { depth: 60, keys: 9_900 } as const;

/** Largest body that is taken, in bytes. */
export const mostBodyBytes = 512 * 1024;

/** Longest texts of an event, as the contract of a signal has them. */
export const longest = { id: 1024, type: 300, source: 1024, time: 64, subject: 256 } as const;

/**
 * Makes the signal of an event: subject by the manifest's rule, everything labelled with where it came from and how far
 * it is trusted.
 * @throws Refusal 422 when the content does not fit the schema that its source registered, 413 when the signal, labels and
 * escapes included, is larger than the largest inner record
 */
export function signalOf(source: Source, event: InboundEvent): Signal {
  const { tenant, name, spec } = source;
  const faults = spec.schema === undefined ? [] : checkOf(spec.schema)(event.content);
  if (faults.length > 0) throw new Refusal(422, 'event_schema_mismatch', `The event does not fit version ${spec.schema?.version} of this source's schema: ${faults.join('; ')}.`);
  const id = derivedId('signal', tenant, name, ...event.key);
  const subject = subjectOf(spec.subject, event);
  const data: SignalAccepted = {
    kind: event.kind,
    source: name,
    origin: { id: event.id, type: event.type, source: event.source, ...(event.time !== undefined && { time: event.time }) },
    subject,
    content: event.content,
    labels: labelsOf(source, id),
    raw: { sha256: event.raw.sha256, bytes: event.raw.bytes },
    ...(event.kind === 'replay.item' && { replay: true }),
  };
  const bytes = Buffer.byteLength(JSON.stringify(data));
  if (bytes > maxValueBytes) throw new Refusal(413, 'signal_too_large', `The signal made of this event has ${bytes} bytes, with JSON escapes and labels; at most ${maxValueBytes} are accepted.`);
  return { id, memoryId: `${tenant}/${name}/${sha256(JSON.stringify(event.key))}`, subject, data };
}

/** Labels of the whole, and of the parts that the manifest trusts or classes otherwise. */
function labelsOf({ spec }: Source, id: string): SignalAccepted['labels'] {
  const own = Object.entries(spec.fields).map(([field, { trust = spec.trust, class: dataClass = spec.class }]) => [field, { src: [`${id}#/content${field}`], trust, class: dataClass }] as const);
  return { '': { src: [`${id}#/content`], trust: spec.trust, class: spec.class }, ...Object.fromEntries(own) };
}

/** Hash and size of bytes as received. */
export const rawOf = (bytes: Buffer): InboundEvent['raw'] => ({ sha256: sha256(bytes), bytes: bytes.length });

function subjectOf(rule: Source['spec']['subject'], event: InboundEvent): string {
  if ('constant' in rule) return rule.constant;
  const found = event.subject ?? atPointer(event.content, rule.pointer);
  return typeof found === 'string' && found !== '' && found.length <= longest.subject ? found : rule.otherwise;
}
