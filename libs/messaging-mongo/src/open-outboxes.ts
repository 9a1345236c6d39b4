// SPDX-License-Identifier: Apache-2.0
import type { OutgoingEvent } from '@nervus/messaging';
import type { Documents } from './document.js';

interface OpenOutbox {
  readonly version: number;
  readonly unacknowledged: Set<string>;
  readonly acknowledged: Set<string>;
}

/**
 * The outboxes that this process wrote and that are not empty in the database.
 *
 * Why clearing late, in bulk and without a new version is safe: an entry is removed only after Kafka acknowledged it,
 * and by nothing but its id or the exact version in which every entry was acknowledged. Whatever happens in between
 * (a crash, a write of another process that read the old outbox and writes it again) can only leave an acknowledged
 * entry in place or bring one back. It is then published once more, and consumers know it by its `ce_id`. And a write
 * that raced with the clearing compares versions as ever, so that no state is lost by it.
 */
export class OpenOutboxes {
  readonly #open = new Map<string, OpenOutbox>();

  /** This process wrote the document with this outbox. */
  written(id: string, version: number, outbox: readonly OutgoingEvent[]): void {
    if (outbox.length === 0) this.#open.delete(id);
    else this.#open.set(id, { version, unacknowledged: new Set(outbox.map((event) => event.id)), acknowledged: new Set() });
  }

  acknowledged(id: string, events: readonly OutgoingEvent[]): void {
    const outbox = this.#open.get(id);
    if (!outbox) return;
    for (const event of events) if (outbox.unacknowledged.delete(event.id)) outbox.acknowledged.add(event.id);
  }

  /** What of an outbox, as it was read, still has to be kept. */
  kept(id: string, outbox: readonly OutgoingEvent[]): readonly OutgoingEvent[] {
    const acknowledged = this.#open.get(id)?.acknowledged;
    return acknowledged && acknowledged.size > 0 ? outbox.filter((event) => !acknowledged.has(event.id)) : outbox;
  }

  /** Whether there is anything to clear. */
  get clearable(): boolean {
    for (const { unacknowledged } of this.#open.values()) if (unacknowledged.size === 0) return true;
    return false;
  }

  /** Empties, in one bulk, the outboxes that were acknowledged whole. Returns their ids. Rejects with the driver's error. */
  async clear(collection: Documents, limit: number): Promise<readonly { id: string; version: number }[]> {
    const batch = [...this.#open].filter(([, { unacknowledged }]) => unacknowledged.size === 0).slice(0, limit);
    if (batch.length === 0) return [];
    const { matchedCount } = await collection.bulkWrite(
      batch.map(([_id, { version }]) => ({ updateOne: { filter: { _id, version }, update: { $set: { outbox: [] }, $unset: { outboxSince: '' as const } } } })),
      { ordered: false },
    );
    // Those that we wrote meanwhile dropped their acknowledged entries by that.
    const same = batch.filter(([id, outbox]) => this.#open.get(id) === outbox);
    if (matchedCount < same.length) {
      // Somebody else wrote some of them; which, the answer does not say.
      await collection.bulkWrite(
        same.map(([_id, { acknowledged }]) => ({ updateOne: { filter: { _id }, update: { $pull: { outbox: { id: { $in: [...acknowledged] } } } } } })),
        { ordered: false },
      );
    }
    for (const [id, outbox] of same) if (this.#open.get(id) === outbox) this.#open.delete(id);
    return same.map(([id, { version }]) => ({ id, version }));
  }
}
