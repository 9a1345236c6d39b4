// SPDX-License-Identifier: Apache-2.0
//
// Invariants:
// - One round at a time: read what is not at hand, decide, one unordered bulk write. What is asked for meanwhile makes
//   the next round, so an idle store adds no delay.
// - A document of the cache is only ever a guess, and so is that a new one is not there. What was decided on a guess
//   counts when the compare-and-set on its version succeeds; when there is nothing to write, it is read and decided
//   again before anyone is told.
// - Whoever gets an answer gets it after the write was acknowledged; whoever gets `UnavailableError` may ask again
//   with the same event id.
import {
  type Aggregate, type AggregateStore, type Applied, type ApplyOptions, type Clock, type CollectionDeclaration, type Decision, type EventSink, type OutgoingEvent, PermanentError, UnavailableError, within,
} from '@nervus/messaging';
import { type Database, databaseError, type FailedOperation, isUnstorable, lostRace } from './database.js';
import { aggregateOf, documentOf, type StoredDocument } from './document.js';
import { DocumentCollection } from './document-collection.js';
import { type Application, type Folded, fold } from './fold.js';
import { Handover } from './handover.js';
import { type StoreMetrics, noStoreMetrics } from './metrics.js';
import { OpenOutboxes } from './open-outboxes.js';
import { RecentDocuments } from './recent-documents.js';

export interface AggregateStoreOptions<S extends object> {
  /** `connection.db` of the service's mongoose connection. */
  readonly database: Database;
  readonly declaration: CollectionDeclaration<S>;
  readonly sink: EventSink;
  readonly clock: Clock;
  readonly metrics?: StoreMetrics;
  /**
   * An event that can never be published (too large, say): report it, dead-letter it. When it resolves the event is
   * cleared from its outbox; when it rejects the event stays and is tried again by the sweep.
   * @default rejects, so that nothing disappears unseen
   */
  readonly onUnpublishable?: (event: OutgoingEvent, error: Error) => Promise<void>;
  /** Event ids that a document remembers as applied. @default 64 */
  readonly maxApplied?: number;
  /** Entries that an outbox may hold; above, `apply` rejects as unavailable. @default 256 */
  readonly maxOutbox?: number;
  /** Applications of one round. @default 500 */
  readonly maxRound?: number;
  /** Documents kept in memory after they were written, unless settled. @default 500 */
  readonly recentDocuments?: number;
  /** Events handed to the sink and not acknowledged, at which `apply` begins to wait. @default 5000 */
  readonly maxBacklog?: number;
  /** Milliseconds after which acknowledged entries that no write dropped are cleared in bulk. @default 1000 */
  readonly clearEveryMs?: number;
}

/** Documents of one bulk of clearings. */
const clearAtOnce = 1000;

interface Asked<S extends object> extends Application<S> {
  readonly id: string;
  readonly until: 'stored' | 'published';
  /** Decided on the guess that the document is not there. Given up for good when it was wrong. */
  expectNew: boolean;
  readonly resolve: (applied: Applied<S>) => void;
  readonly reject: (error: unknown) => void;
}

/** All applications to one document in one round. */
interface Group<S extends object> {
  readonly id: string;
  readonly asked: readonly Asked<S>[];
}

interface Write<S extends object> extends Group<S> {
  readonly folded: Folded<S>;
  readonly document: StoredDocument<S>;
}

export class MongoAggregateStore<S extends object> implements AggregateStore<S> {
  readonly name: string;
  readonly #documents: DocumentCollection<S>;
  readonly #recent: RecentDocuments<StoredDocument<S>>;
  readonly #open = new OpenOutboxes();
  readonly #handover: Handover;
  readonly #metrics: StoreMetrics;
  /** Documents of which we do not know whether a write went through: their outbox was handed to nobody then. */
  readonly #doubtful = new Set<string>();
  #queue: Asked<S>[] = [];
  #running: Promise<void> | undefined;
  #cancelClearing: (() => void) | undefined;
  #closed = false;

  /** Connects nothing; {@link prepare} makes the indexes. */
  constructor(private readonly options: AggregateStoreOptions<S>) {
    this.name = options.declaration.name;
    this.#documents = new DocumentCollection(options.database, options.declaration);
    this.#recent = new RecentDocuments(options.recentDocuments ?? 500);
    this.#metrics = options.metrics ?? noStoreMetrics;
    this.#handover = new Handover({
      sink: options.sink,
      now: () => options.clock.now(),
      onAcknowledged: (id, events) => {
        this.#open.acknowledged(id, events);
        this.#recent.update(id, (document) => ({ ...document, outbox: this.#open.kept(id, document.outbox) }));
        this.#clearSoon();
      },
      onUnpublishable: options.onUnpublishable ?? ((_, error) => Promise.reject(error)),
      onFailed: () => this.#metrics.publishFailed(this.name),
    });
  }

  /** Makes the indexes, if they are not there. Before the first `apply`. @throws UnavailableError when the database cannot be reached */
  async prepare(): Promise<void> {
    await this.#documents.ensureIndexes();
  }

  /** Events handed to the sink that Kafka has not acknowledged. */
  get outboxDepth(): number {
    return this.#handover.depth;
  }

  /** Milliseconds since the oldest of them was handed over. */
  get outboxOldestAgeMs(): number {
    return this.#handover.oldestAgeMs;
  }

  async apply(id: string, eventId: string, decide: (current: S | undefined) => Decision<S>, { until = 'stored', expectNew = false }: ApplyOptions = {}): Promise<Applied<S>> {
    await this.#handover.whenBelow(this.options.maxBacklog ?? 5000);
    if (this.#closed) throw new UnavailableError('store_closed', `the store ${this.name} is closed: the process is stopping`);
    const { promise, resolve, reject } = Promise.withResolvers<Applied<S>>();
    this.#queue.push({ id, eventId, decide, until, expectNew, resolve, reject });
    this.#running ??= this.#rounds();
    return promise;
  }

  async read(id: string): Promise<Aggregate<S> | undefined> {
    return (await this.readMany([id])).get(id);
  }

  async readMany(ids: readonly string[]): Promise<ReadonlyMap<string, Aggregate<S>>> {
    const documents = await this.#documents.find(ids);
    return new Map([...documents].map(([id, document]) => [id, aggregateOf<S>(document)]));
  }

  async findBy(index: string, value: string | number | boolean, limit: number): Promise<readonly Aggregate<S>[]> {
    return (await this.#documents.findBy(index, value, limit)).map((document) => aggregateOf<S>(document));
  }

  async findDue(nowMs: number, limit: number): Promise<readonly Aggregate<S>[]> {
    return (await this.#documents.findDue(nowMs, limit)).map((document) => aggregateOf<S>(document));
  }

  /** Removes what has expired, in bounded batches. Resolves with how many there were. @throws UnavailableError */
  async removeExpired(nowMs: number, limit = 1000): Promise<number> {
    const removed = await this.#documents.removeExpired(nowMs, limit);
    for (const id of removed) this.#recent.delete(id);
    return removed.length;
  }

  /** Ids of documents whose outboxes have waited since before `beforeMs`, whoever wrote them; at most `limit`. @throws UnavailableError */
  leftBehind(beforeMs: number, limit: number): Promise<readonly string[]> {
    return this.#documents.idsLeftBehind(beforeMs, limit);
  }

  /**
   * Takes over those of these outboxes that still have waited since before `beforeMs` and that nobody of this process is
   * publishing, publishes them in array order and clears them. Leasing is a compare-and-set that counts the version up, so
   * of several processes one gets each document. Resolves with how many there were, when they are published.
   * @throws UnavailableError `database_unavailable`, or `publish_failed`: then they are found again later
   */
  async takeOver(ids: readonly string[], beforeMs: number): Promise<number> {
    const found = await this.#documents.find(ids);
    const left = [...found.values()].filter((document) => isLeftBehind(document, beforeMs) && document.outbox.every((event) => !this.#handover.isPending(event.id)));
    if (left.length === 0) return 0;
    const taken = left.map((document): StoredDocument<S> => {
      const { outboxSince: _since, _id: id, ...rest } = document;
      const outbox = this.#open.kept(id, document.outbox);
      return { _id: id, ...rest, version: document.version + 1, outbox, ...(outbox.length > 0 ? { outboxSince: this.options.clock.now() } : {}) };
    });
    const failed = await this.#documents.replace(taken).catch((error: unknown) => {
      throw databaseError(error, `taking over outboxes of ${this.name}`);
    });
    const ours = taken.filter((_, index) => !failed.has(index));
    this.#metrics.relayed(this.name, ours.length);
    for (const document of ours) this.#keep(document);
    const failures = await this.#handover.hand(ours.map(({ _id: id, outbox }) => ({ id, events: this.#open.kept(id, outbox) })));
    const failure = [...failures.values()].find((error) => !(error instanceof PermanentError));
    if (failure) throw new UnavailableError('publish_failed', `outboxes of ${this.name} that were left behind could not be published: ${failure.message}`, {}, { cause: failure });
    // Hardly anything is written to these next, and what is not cleared is published twice if this process dies.
    await this.#clear(ours.map(({ _id: id }) => id));
    return ours.length;
  }

  /**
   * Takes nothing more, ends what was asked for, and clears what Kafka acknowledges within the budget, so that a
   * successor finds nothing to publish again. Never rejects.
   */
  async close({ drainMs = 2000 }: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closed = true;
    this.#cancelClearing?.();
    await this.#running;
    await within(this.#handover.whenBelow(1), drainMs, this.options.clock, `publishing the outboxes of ${this.name}`).catch(() => undefined);
    while ((await this.#clear()) > 0);
  }

  async #rounds(): Promise<void> {
    // Everything that is asked for in one turn of the event loop shares a round.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) {
      const asked = this.#queue.splice(0, this.options.maxRound ?? 500);
      try {
        await this.#round(asked);
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    }
    // In the same turn as the last look at the queue, or what is asked for in between would wait for ever.
    this.#running = undefined;
  }

  /** Answers everyone who asked; rejects only by a mistake in it or in a function of the declaration. */
  async #round(asked: readonly Asked<S>[]): Promise<void> {
    const groups = [...Map.groupBy(asked, ({ id }) => id)].map(([id, own]): Group<S> => ({ id, asked: own }));
    const recent = new Map(groups.flatMap(({ id }) => [[id, this.#recent.get(id)] as const]));
    const isGuess = (group: Group<S>): boolean => recent.get(group.id) !== undefined || group.asked.every(({ expectNew }) => expectNew);
    let found: ReadonlyMap<string, StoredDocument<S>>;
    try {
      found = await this.#documents.find(groups.flatMap((group) => (isGuess(group) ? [] : [group.id])));
    } catch (error) {
      for (const { reject } of asked) reject(error);
      return;
    }
    const writes: Write<S>[] = [];
    for (const group of groups) {
      const current = recent.get(group.id) ?? found.get(group.id);
      const folded = fold(current, group.asked, this.options.maxApplied ?? 64);
      if (folded.next) this.#prepare(group, folded, current, writes);
      else if (isGuess(group)) this.#again(group);
      else this.#answer(group, folded, current?.outbox ?? []);
    }
    if (writes.length > 0) await this.#write(writes);
  }

  #prepare(group: Group<S>, folded: Folded<S>, current: StoredDocument<S> | undefined, writes: Write<S>[]): void {
    const { next } = folded;
    if (!next) return;
    const outbox = [...this.#open.kept(group.id, current?.outbox ?? []), ...next.events];
    const { maxOutbox = 256 } = this.options;
    if (outbox.length > maxOutbox) {
      const error = new UnavailableError('outbox_full', `${this.name} ${group.id} would have ${outbox.length} events in its outbox, at most ${maxOutbox} are allowed: Kafka does not acknowledge them`, { id: group.id });
      for (const { reject } of group.asked) reject(error);
      return;
    }
    const { version, state, applied } = next;
    writes.push({ ...group, folded, document: documentOf(this.options.declaration, { _id: group.id, version, state, applied, outbox }, this.options.clock.now()) });
  }

  async #write(writes: readonly Write<S>[]): Promise<void> {
    const started = this.options.clock.now();
    let failed: ReadonlyMap<number, FailedOperation>;
    try {
      failed = await this.#documents.replace(writes.map(({ document }) => document));
    } catch (error) {
      await this.#failed(writes, error);
      return;
    }
    const stored = writes.filter((_, index) => !failed.has(index));
    for (const { document } of stored) this.#keep(document);
    if (stored.length > 0) this.#metrics.wrote(this.name, stored.length, stored.reduce((sum, { asked }) => sum + asked.length, 0), (this.options.clock.now() - started) / 1000);
    // In one call and in the same turn: who writes the same aggregate next publishes after it.
    void this.#handover.hand(stored.map(({ id, document }) => ({ id, events: this.#open.kept(id, document.outbox) })));
    for (const write of stored) this.#answer(write, write.folded, write.document.outbox);
    let lost = 0;
    for (const [index, error] of failed) {
      const write = writes[index]!;
      this.#recent.delete(write.id);
      if (lostRace(error)) {
        lost++;
        this.#again(write);
      } else this.#refuse(write, new PermanentError('state_not_storable', `${this.name} ${write.id} could not be stored: ${error.errmsg ?? `error ${error.code}`}`, { id: write.id, code: error.code }));
    }
    if (lost > 0) this.#metrics.lostRaces(this.name, lost);
  }

  /** The bulk as a whole failed: it is not known which of its operations were done. */
  async #failed(writes: readonly Write<S>[], error: unknown): Promise<void> {
    for (const { id } of writes) this.#recent.delete(id);
    if (!isUnstorable(error)) {
      const unavailable = databaseError(error, `writing ${writes.length} documents of ${this.name}`);
      for (const write of writes) {
        this.#doubtful.add(write.id);
        this.#refuse(write, unavailable);
      }
    } else if (writes.length === 1) {
      const [write] = writes;
      this.#refuse(write!, new PermanentError('state_not_storable', `${this.name} ${write!.id} could not be stored: ${String(error)}`, { id: write!.id }, { cause: error }));
    } else {
      // One document that cannot be stored must not fail the others of its round.
      for (const write of writes) await this.#write([write]);
    }
  }

  #keep(document: StoredDocument<S>): void {
    const { _id: id, outbox } = document;
    if (this.options.declaration.settled?.(aggregateOf<S>(document).state)) this.#recent.delete(id);
    else this.#recent.set(id, document);
    this.#open.written(id, outbox);
  }

  #again({ id, asked }: Group<S>): void {
    this.#recent.delete(id);
    for (const one of asked) one.expectNew = false;
    this.#queue.unshift(...asked);
  }

  #refuse({ asked }: Group<S>, error: Error): void {
    for (const { reject } of asked) reject(error);
  }

  /** Tells everyone of a group what came of it; the outbox is the one of the document as it stands now. */
  #answer({ id, asked }: Group<S>, { results, next }: Folded<S>, outbox: readonly OutgoingEvent[]): void {
    const waiting = this.#open.kept(id, outbox);
    const left = !next && waiting.length > 0 && (this.#doubtful.has(id) || asked.some(({ until }) => until === 'published'));
    if (left) void this.#handover.hand([{ id, events: waiting }]);
    this.#doubtful.delete(id);
    const published = asked.some(({ until }) => until === 'published') ? this.#handover.acknowledged(waiting) : undefined;
    published?.catch(() => {});
    for (const [at, { until, resolve, reject }] of asked.entries()) {
      const result = results[at]!;
      if ('error' in result) reject(result.error);
      else if (until === 'published') published!.then(() => resolve(result.applied), reject);
      else resolve(result.applied);
    }
  }

  #clearSoon(): void {
    if (this.#cancelClearing || this.#closed) return;
    this.#cancelClearing = this.options.clock.after(this.options.clearEveryMs ?? 1000, () => {
      this.#cancelClearing = undefined;
      void this.#clearAll();
    });
  }

  /** Everything that was acknowledged so far: one batch each time would fall behind a store that writes faster. */
  async #clearAll(): Promise<void> {
    while ((await this.#clear()) === clearAtOnce);
  }

  /** How many documents were cleared. Never rejects; what could not be cleared is tried again with the next. */
  async #clear(ids?: Iterable<string>): Promise<number> {
    const batch = this.#open.toClear(clearAtOnce, ids);
    if (batch.length === 0) return 0;
    let cleared = 0;
    try {
      await this.#documents.clear(batch);
      this.#open.cleared(batch);
      this.#metrics.cleared(this.name, batch.length);
      cleared = batch.length;
    } catch {
      // The entries are published; that they are cleared later costs nothing.
    }
    this.#clearSoon();
    return cleared;
  }
}

const isLeftBehind = ({ outbox, outboxSince }: StoredDocument<object>, beforeMs: number): boolean => outbox.length > 0 && outboxSince !== undefined && outboxSince <= beforeMs;
