// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@nervus/trust';

/**
 * The index at which each event id was first seen, with a mark of its value: 20 bytes an event where a Map of strings
 * takes over a hundred. Ids and values are kept as 53 and 32 bits of their hashes, so that what it takes for a conflict
 * must be looked at again.
 */
export class IdTable {
  private keys = new Float64Array(1024);
  private indexes = new Float64Array(1024);
  private marks = new Uint32Array(1024);
  private count = 0;

  /**
   * Notes an event; gives the first entry of the same event if there was one, and whether its value was another.
   * @param name producer and id of the event
   */
  note(name: string, valueDigest: string | null, index: number): { readonly first: number; readonly sameValue: boolean } | undefined {
    if (this.count * 2 >= this.keys.length) this.grow();
    const key = keyOf(sha256(name));
    const mark = valueDigest === null ? 0 : sha256(valueDigest).readUInt32BE(0);
    const slot = this.slotOf(key);
    if (this.keys[slot] === key) return { first: this.indexes[slot] ?? 0, sameValue: this.marks[slot] === mark };
    this.put(slot, key, index, mark);
    this.count++;
    return undefined;
  }

  private put(slot: number, key: number, index: number, mark: number): void {
    this.keys[slot] = key;
    this.indexes[slot] = index;
    this.marks[slot] = mark;
  }

  private slotOf(key: number): number {
    let slot = key % this.keys.length;
    while (this.keys[slot] !== 0 && this.keys[slot] !== key) slot = (slot + 1) % this.keys.length;
    return slot;
  }

  private grow(): void {
    const { keys, indexes, marks } = this;
    this.keys = new Float64Array(keys.length * 2);
    this.indexes = new Float64Array(keys.length * 2);
    this.marks = new Uint32Array(keys.length * 2);
    for (const [slot, key] of keys.entries()) if (key !== 0) this.put(this.slotOf(key), key, indexes[slot] ?? 0, marks[slot] ?? 0);
  }
}

/** 53 bits, never 0, which marks an empty slot. */
const keyOf = (hash: Buffer): number => (hash.readUInt32BE(0) * 2 ** 21 + (hash.readUInt32BE(4) >>> 11)) || 1;
