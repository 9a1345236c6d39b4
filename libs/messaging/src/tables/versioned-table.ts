// SPDX-License-Identifier: Apache-2.0

/** What changed under a key; `value` is undefined when it is gone. */
export type TableListener<K, V> = (key: K, value: V | undefined) => void;

/**
 * The newest value per key of a compacted topic. Every value carries a version that grows; one that is not newer than
 * what is there changes nothing, so that redeliveries and reorderings do no harm.
 */
export class VersionedTable<K, V> {
  private readonly rows = new Map<K, { readonly version: number; readonly value: V }>();
  private readonly listeners = new Set<TableListener<K, V>>();

  get(key: K): V | undefined {
    return this.rows.get(key)?.value;
  }

  /** The version under a key; 0 when there is none. */
  versionOf(key: K): number {
    return this.rows.get(key)?.version ?? 0;
  }

  get size(): number {
    return this.rows.size;
  }

  *entries(): Generator<[K, V]> {
    for (const [key, { value }] of this.rows) yield [key, value];
  }

  /** False, and no change, when the same or a newer version is there. */
  set(key: K, version: number, value: V): boolean {
    if (this.versionOf(key) >= version) return false;
    this.rows.set(key, { version, value });
    this.tell(key, value);
    return true;
  }

  /** A tombstone; false when there was nothing. */
  delete(key: K): boolean {
    if (!this.rows.delete(key)) return false;
    this.tell(key, undefined);
    return true;
  }

  /** The listener is called after each change; the result ends that. */
  onChange(listener: TableListener<K, V>): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  private tell(key: K, value: V | undefined): void {
    for (const listener of this.listeners) listener(key, value);
  }
}
