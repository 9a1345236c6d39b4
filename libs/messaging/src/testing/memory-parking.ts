// SPDX-License-Identifier: Apache-2.0
import { type KeyParking, type ParkedOffsets, type ParkedPlace, type Turn, turnIn, withWaiting, without } from '../parking.js';

/** Parked keys in memory, for tests: what a database would keep over a restart. */
export class MemoryKeyParking implements KeyParking {
  readonly queues = new Map<string, ParkedOffsets>();
  /** How often it was asked about single records. */
  asked = 0;

  async parkedKeys(topic: string, partition: number): Promise<ReadonlySet<string>> {
    const before = `${topic}|${partition}|`;
    return new Set([...this.queues].filter(([id, waiting]) => id.startsWith(before) && waiting.length > 0).map(([id]) => id.slice(before.length)));
  }

  async turnOf(place: ParkedPlace): Promise<Turn> {
    this.asked++;
    const turn = turnIn(this.waiting(place), place.offset);
    if (turn === 'behind') await this.wait(place);
    return turn;
  }

  async wait(place: ParkedPlace): Promise<void> {
    this.queues.set(idOf(place), withWaiting(this.waiting(place), place.offset));
  }

  async leave(place: ParkedPlace): Promise<void> {
    this.queues.set(idOf(place), without(this.waiting(place), place.offset));
  }

  private waiting(place: ParkedPlace): ParkedOffsets {
    return this.queues.get(idOf(place)) ?? [];
  }
}

const idOf = ({ topic, partition, key }: ParkedPlace): string => `${topic}|${partition}|${key}`;
