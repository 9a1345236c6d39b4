// SPDX-License-Identifier: Apache-2.0
import { atPointer, derivedId, maxValueBytes, type SignalAccepted } from '@nervus/contracts';
import { Refusal } from './refusal.js';
import type { SourceManifest } from './source-manifest.js';

/** What one event of the outside was, before it is a signal. */
export interface InboundEvent {
  /** Event id as the source gave it: deduplication goes by it. */
  readonly id: string;
  readonly kind: 'webhook' | 'cloudevent' | 'feed.item' | 'replay.item';
  readonly type: string;
  /** The sender's own name for itself. */
  readonly source: string;
  readonly time?: string;
  readonly subject?: string;
  readonly content: unknown;
  /** base64url SHA-256 and size of the bytes received. */
  readonly raw: { readonly sha256: string; readonly bytes: number };
}

export interface Signal {
  /** `ce_id`: the same event always becomes the same signal. */
  readonly id: string;
  readonly subject: string;
  readonly data: SignalAccepted;
}

/** Fewer bytes than the largest record by what headers of the record may take. */
const largestSignal = maxValueBytes;

/**
 * Makes the signal of an event: subject by the manifest's rule, everything labelled with where it came from and how far
 * it is trusted.
 * @throws Refusal 413 when the signal, labels and escapes included, is larger than the largest inner record
 */
export function signalOf(tenant: string, manifest: SourceManifest, event: InboundEvent): Signal {
  const { name } = manifest.metadata;
  const { spec } = manifest;
  const id = derivedId('signal', tenant, name, event.id);
  const subject = subjectOf(spec.subject, event);
  const data: SignalAccepted = {
    kind: event.kind,
    source: name,
    origin: { id: event.id, type: event.type, source: event.source, ...(event.time !== undefined && { time: event.time }) },
    subject,
    content: event.content,
    labels: { '': { src: [`${id}#/content`], trust: spec.trust, class: spec.class } },
    raw: { sha256: event.raw.sha256, bytes: event.raw.bytes },
    ...(event.kind === 'replay.item' && { replay: true }),
  };
  const bytes = Buffer.byteLength(JSON.stringify(data));
  if (bytes > largestSignal) throw new Refusal(413, 'signal_too_large', `The signal made of this event has ${bytes} bytes, with JSON escapes and labels; at most ${largestSignal} are accepted.`);
  return { id, subject, data };
}

function subjectOf(rule: SourceManifest['spec']['subject'], event: InboundEvent): string {
  if ('constant' in rule) return rule.constant;
  const found = event.subject ?? atPointer(event.content, rule.pointer);
  return typeof found === 'string' && found !== '' && found.length <= 256 ? found : rule.otherwise;
}
