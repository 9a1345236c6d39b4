// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '../sha256.js';
import { type InboundEvent, longest, rawOf } from '../signal.js';

/**
 * The event of one feed item. An item that changed under its id is a revision: another event, of the same origin. The
 * host is part of what makes it one, since numbers are ids too, but not the path, which changes when a feed moves.
 * @param url address of the feed
 * @param response the bytes it came in
 */
export function feedItemEvent(item: { readonly id: string; readonly published?: string }, url: string, response: Buffer): InboundEvent {
  const { id, ...content } = item;
  return { kind: 'feed.item', id, key: [new URL(url).hostname, id, sha256(JSON.stringify(content))], type: 'feed.item', source: url, ...(item.published !== undefined && { time: item.published }), content, raw: rawOf(response) };
}

/** An item as a recording holds it: its members are the content, its id is the origin's. */
export type RecordedItem = Readonly<Record<string, unknown>> & { readonly id: string };

/** The event of one line of a recording. It comes with its original time and says that it is played again. */
export function recordedItemEvent(item: RecordedItem, file: string, line: Buffer): InboundEvent {
  const { id, ...content } = item;
  const { published } = content;
  return {
    kind: 'replay.item', id, key: [id, sha256(JSON.stringify(content))], type: 'recording.item', source: `recording:${file}`,
    ...(typeof published === 'string' && published.length <= longest.time && { time: published }), content, raw: rawOf(line),
  };
}

/** What a recorded line must be; undefined when it is not. */
export function asRecordedItem(parsed: unknown): RecordedItem | undefined {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed) || !Object.hasOwn(parsed, 'id')) return undefined;
  const item = parsed as Readonly<Record<string, unknown>>;
  const { id } = item;
  return typeof id === 'string' && id !== '' && id.length <= longest.id ? { ...item, id } : undefined;
}
