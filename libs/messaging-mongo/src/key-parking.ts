// SPDX-License-Identifier: Apache-2.0
import { type AggregateStore, type CollectionDeclaration, type Decision, type KeyParking, type ParkedOffsets, type ParkedPlace, type Turn, UnavailableError, longestQueue, turnIn, withWaiting, without } from '@nervus/messaging';

/** The queue of one key of one partition. */
export interface ParkedKey {
  /** `<physical topic>/<partition>` */
  readonly partition: string;
  readonly key: string;
  /** Offsets in the origin partition, ascending. */
  readonly waiting: ParkedOffsets;
  /** Milliseconds since the epoch from which an empty queue may be removed; null while something waits. */
  readonly forgetAt: number | null;
}

/** Keys of one partition that are listed at most: beyond that each record asks for its own. */
const mostListed = 5000;
/** Milliseconds for which an empty queue stays, so that a key that fails often does not come and go. */
const keepEmptyMs = 60 * 60_000;

export const parkedKeysCollection: CollectionDeclaration<ParkedKey> = {
  name: 'parked_keys',
  indexes: { partition: ({ partition, waiting }) => (waiting.length > 0 ? partition : undefined) },
  expires: ({ forgetAt }) => forgetAt ?? undefined,
};

/** {@link KeyParking} in the service's database: one small document for each key of which a record waits. */
export class StoredKeyParking implements KeyParking {
  /** @param operationId a new id for each change: leaving and waiting again are two changes, not one that came twice */
  constructor(
    private readonly store: AggregateStore<ParkedKey>,
    private readonly now: () => number,
    private readonly operationId: () => string,
  ) {}

  async parkedKeys(topic: string, partition: number): Promise<ReadonlySet<string> | undefined> {
    const found = await this.store.findBy('partition', `${topic}/${partition}`, mostListed);
    return found.length < mostListed ? new Set(found.map(({ state }) => state.key)) : undefined;
  }

  async turnOf(place: ParkedPlace): Promise<Turn> {
    let turn: Turn = 'free';
    await this.change(place, (waiting) => {
      turn = turnIn(waiting, place.offset);
      return turn === 'behind' ? withWaiting(waiting, place.offset) : waiting;
    });
    return turn;
  }

  async wait(place: ParkedPlace): Promise<void> {
    await this.change(place, (waiting) => withWaiting(waiting, place.offset));
  }

  async leave(place: ParkedPlace): Promise<void> {
    await this.change(place, (waiting) => without(waiting, place.offset));
  }

  private async change(place: ParkedPlace, change: (waiting: ParkedOffsets) => ParkedOffsets): Promise<void> {
    const partition = `${place.topic}/${place.partition}`;
    await this.store.apply(`${partition}/${place.key}`, this.operationId(), (current): Decision<ParkedKey> => {
      const before = current?.waiting ?? [];
      const waiting = change(before);
      if (waiting.length === before.length) return 'unchanged';
      if (waiting.length > longestQueue) throw new UnavailableError('key_queue_full', `${before.length} records of the key ${place.key} of ${partition} wait to be tried again: later ones are held until some are through`, { partition });
      return { state: { partition, key: place.key, waiting, forgetAt: waiting.length > 0 ? null : this.now() + keepEmptyMs }, events: [] };
    });
  }
}
