// SPDX-License-Identifier: Apache-2.0
import type { OutgoingEvent } from '@nervus/messaging';

interface OpenOutbox {
  readonly unacknowledged: Set<string>;
  readonly acknowledged: Set<string>;
}

/** One document whose acknowledged entries are to go. */
export interface Clearing {
  readonly id: string;
  readonly eventIds: readonly string[];
  readonly outbox: OpenOutbox;
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

  /** Those of the documents whose outboxes were acknowledged whole, with the event ids to clear; at most `limit`. */
  toClear(limit: number, ids: Iterable<string> = this.#open.keys()): readonly Clearing[] {
    const batch: Clearing[] = [];
    for (const id of ids) {
      if (batch.length >= limit) break;
      const outbox = this.#open.get(id);
      if (outbox?.unacknowledged.size === 0) batch.push({ id, eventIds: [...outbox.acknowledged], outbox });
    }
    return batch;
  }

  /** They are cleared. One that was written meanwhile has another outbox, without those entries, and stays open. */
  cleared(batch: readonly Clearing[]): void {
    for (const { id, outbox } of batch) if (this.#open.get(id) === outbox) this.#open.delete(id);
  }
}
