// SPDX-License-Identifier: Apache-2.0
import type { OutgoingEvent } from './event.js';

/** What is to become of an aggregate: a new state with what follows from it, or nothing. Must be a pure function's result. */
export type Decision<S> = { readonly state: S; readonly events: readonly OutgoingEvent[] } | 'unchanged';

export interface Aggregate<S> {
  readonly id: string;
  /** Counts writes; compare-and-set is on it. */
  readonly version: number;
  readonly state: S;
}

export interface ApplyOptions {
  /** `stored` (default): resolves when the document is written. `published`: when Kafka acknowledged the events too. */
  readonly until?: 'stored' | 'published';
  /**
   * The aggregate is probably not there yet: it is not read first, and when it is there after all the write fails and it
   * is read and decided as ever. Spares a round trip for what nearly always begins. @default false
   */
  readonly expectNew?: boolean;
}

export interface Applied<S> {
  /** `duplicate`: this event had been applied before, nothing was written. */
  readonly outcome: 'applied' | 'duplicate' | 'unchanged';
  readonly state: S | undefined;
  readonly version: number;
}

/**
 * Documents that change atomically and queue what follows in the same write. Applications of many callers are gathered
 * into one bulk write per tick and collection; at most one write per aggregate and tick.
 */
export interface AggregateStore<S extends object> {
  /**
   * Applies one event to one aggregate: reads it, asks `decide`, writes by compare-and-set on `{_id, version}`. When the
   * race is lost the aggregate is read again and decided again, so `decide` may run more than once and must be pure.
   * An event id that was applied before changes nothing.
   */
  apply(id: string, eventId: string, decide: (current: S | undefined) => Decision<S>, options?: ApplyOptions): Promise<Applied<S>>;
  read(id: string): Promise<Aggregate<S> | undefined>;
  readMany(ids: readonly string[]): Promise<ReadonlyMap<string, Aggregate<S>>>;
  /** Documents whose declared index field equals the value; only exact, declared indexes can be asked. */
  findBy(index: string, value: string | number | boolean, limit: number): Promise<readonly Aggregate<S>[]>;
  /** Documents whose declared deadline is not after the instant (milliseconds); earliest first. For sweeps, not for hot paths. */
  findDue(nowMs: number, limit: number): Promise<readonly Aggregate<S>[]>;
}

/** Which fields of a state can be looked up, and when it wants to be looked at again. */
export interface CollectionDeclaration<S extends object> {
  readonly name: string;
  /** Name of an index to the value it holds for a state; undefined leaves the document out of it. */
  readonly indexes?: Readonly<Record<string, (state: S) => string | number | boolean | undefined>>;
  /** Milliseconds since the epoch at which the sweep should look at it; undefined never. */
  readonly deadline?: (state: S) => number | undefined;
  /** Milliseconds since the epoch from which the store removes it, once its outbox is empty; undefined never. */
  readonly expires?: (state: S) => number | undefined;
  /** True for a state after which hardly anything comes any more: such a document is not kept in memory. */
  readonly settled?: (state: S) => boolean;
}

/** Where what follows from a change is handed to, in the order of each outbox; acknowledged events are told back. */
export interface EventSink {
  /**
   * Resolves when Kafka acknowledged all of them (the publisher resolves with their receipts).
   * @throws PermanentError `record_too_large`, `headers_too_large`, `extension_missing`, ... with the event's id in
   * `details.id`, before any of them is numbered: that event can never be published; the others can, without it
   */
  publish(events: readonly OutgoingEvent[]): Promise<unknown>;
}
