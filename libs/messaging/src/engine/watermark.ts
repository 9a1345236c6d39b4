// SPDX-License-Identifier: Apache-2.0

/** Something taken in that is finished once. */
export interface Tracked {
  readonly offset: bigint;
  finished: boolean;
}

/**
 * The contiguous-offset watermark of one partition.
 *
 * Invariant: every entry below {@link position} is finished, and the entry at it, if there is one, is not. Entries are
 * taken in offset order; offsets may have gaps (compaction, markers), so "contiguous" means "in the order received".
 */
export class Watermark<T extends Tracked> {
  private entries: T[] = [];
  private head = 0;
  private unfinished = 0;
  private after: bigint | undefined;

  /** Entries taken and not yet below the watermark, finished or not. */
  get size(): number {
    return this.entries.length - this.head;
  }

  /** Entries that are not finished. */
  get open(): number {
    return this.unfinished;
  }

  /** The oldest entry that is not finished. */
  get oldest(): T | undefined {
    return this.entries[this.head];
  }

  /** Next offset to read if all were lost now: the oldest unfinished one, else the one after the last taken. */
  get position(): bigint | undefined {
    return this.oldest?.offset ?? this.after;
  }

  /** Next offset that has not been taken. */
  get next(): bigint | undefined {
    return this.after;
  }

  take(entry: T): void {
    if (this.after !== undefined && entry.offset < this.after) {
      throw new RangeError(`offset ${entry.offset} was taken after ${this.after - 1n}: entries must be taken in offset order`);
    }
    this.entries.push(entry);
    this.unfinished++;
    this.after = entry.offset + 1n;
  }

  /** Marks an entry finished; true when the watermark moved. */
  finish(entry: T): boolean {
    if (entry.finished) return false;
    entry.finished = true;
    this.unfinished--;
    if (this.entries[this.head] !== entry) return false;
    do this.head++;
    while (this.entries[this.head]?.finished);
    if (this.head === this.entries.length) {
      this.entries = [];
      this.head = 0;
    } else if (this.head > 1024 && this.head * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.head);
      this.head = 0;
    }
    return true;
  }
}
