// SPDX-License-Identifier: Apache-2.0
import type { OutgoingEvent } from '@nervus/messaging';
import type { Documents } from './document.js';

interface OpenOutbox {
  readonly unacknowledged: Set<string>;
  readonly acknowledged: Set<string>;
}

/**
 * The outboxes that this process wrote and that are not empty in the database.
 *
 * Why clearing late, in bulk, by event id and without a new version is safe: an entry is removed only after Kafka
 * acknowledged that very event. Whatever happens in between (a crash, a write of a process that had read the old outbox
 * and writes it again) can only leave an acknowledged entry in place or bring one back; it is then published once
 * more, and consumers know it by its `ce_id`. No entry that was not acknowledged can go, since ids are compared and not
 * positions. And a write that races with the clearing compares versions as ever, so no state is lost by it.
 */
export class OpenOutboxes {
  readonly #open = new Map<string, OpenOutbox>();

  /** This process wrote the document with this outbox. What was acknowledged while it was being written is so still. */
  written(id: string, outbox: readonly OutgoingEvent[]): void {
    const before = this.#open.get(id)?.acknowledged;
    this.#open.delete(id);
    if (outbox.length === 0) return;
    const ids = outbox.map((event) => event.id);
    this.#open.set(id, { unacknowledged: new Set(ids.filter((each) => !before?.has(each))), acknowledged: new Set(ids.filter((each) => before?.has(each))) });
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

  /** Empties, in one bulk, outboxes that were acknowledged whole. @param cleared told each document, while its entries still count as acknowledged. Rejects with the driver's error. */
  async clear(collection: Documents, limit: number, cleared: (id: string) => void): Promise<number> {
    const batch = [...this.#open].filter(([, { unacknowledged }]) => unacknowledged.size === 0).slice(0, limit);
    if (batch.length === 0) return 0;
    // By id alone, which is the cheapest way to a document: half the price of a compare-and-set.
    await collection.bulkWrite(
      batch.map(([_id, { acknowledged }]) => ({ updateOne: { filter: { _id }, update: { $pull: { outbox: { id: { $in: [...acknowledged] } } } } } })),
      { ordered: false },
    );
    for (const [id, outbox] of batch) {
      // One that was written meanwhile dropped its acknowledged entries by that.
      if (this.#open.get(id) !== outbox) continue;
      cleared(id);
      this.#open.delete(id);
    }
    return batch.length;
  }
}
