// SPDX-License-Identifier: Apache-2.0
//
// A record that waits in a retry topic parks its key: later records of the key wait behind it, so that they are still
// handled in order. Who waits is kept in a document of the key, in the order of the origin partition.
//
// Invariant: a record is handled only while no earlier record of its key is in the document; it is put there before its
// copy is sent, and taken out after it was handled or dead-lettered.

/** A record by where it was first written. */
export interface ParkedPlace {
  /** Physical topic of the original. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
}

/** `free`: nothing of the key waits. `first`: only later ones do, or it is the first itself. `behind`: it waits now, too. */
export type Turn = 'free' | 'first' | 'behind';

export interface KeyParking {
  /** Keys of a partition of which something waits; undefined when they are too many to be listed, so each must be asked for. */
  parkedKeys(topic: string, partition: number): Promise<ReadonlySet<string> | undefined>;
  /** Asks whether it is a record's turn; if not, it is put into the queue. @throws UnavailableError `key_queue_full`, `database_unavailable` */
  turnOf(place: ParkedPlace): Promise<Turn>;
  /** Puts a record into the queue that failed in its turn. */
  wait(place: ParkedPlace): Promise<void>;
  /** Takes a record out that was handled or given up. One that is not in is no fault. */
  leave(place: ParkedPlace): Promise<void>;
}

/** Records of one key that may wait: what comes after them is held in its own topic. */
export const longestQueue = 1000;

/** Offsets of those that wait, ascending. */
export type ParkedOffsets = readonly number[];

export function turnIn(waiting: ParkedOffsets, offset: bigint): Turn {
  const [first] = waiting;
  if (first === undefined) return 'free';
  return BigInt(first) < offset ? 'behind' : 'first';
}

export function withWaiting(waiting: ParkedOffsets, offset: bigint): ParkedOffsets {
  const at = Number(offset);
  return waiting.includes(at) ? waiting : [...waiting, at].toSorted((a, b) => a - b);
}

export const without = (waiting: ParkedOffsets, offset: bigint): ParkedOffsets => waiting.filter((at) => BigInt(at) !== offset);
