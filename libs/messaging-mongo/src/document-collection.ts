// SPDX-License-Identifier: Apache-2.0
import type { CollectionDeclaration } from '@nervus/messaging';
import type { mongo } from 'mongoose';
import { type Database, databaseError, failedOperations, type FailedOperation } from './database.js';
import { indexField, type StoredDocument } from './document.js';
import type { Clearing } from './open-outboxes.js';

/** Documents with something in their outbox, as the index on its ids finds them: one that is empty has no id there. */
const notEmpty = { 'outbox.id': { $gt: '' } } as const;

/** What is asked of one collection, in the driver's own calls. Everything rejects with UnavailableError unless it says otherwise. */
export class DocumentCollection<S extends object> {
  readonly name: string;
  readonly #documents: mongo.Collection<StoredDocument>;

  constructor(
    database: Database,
    private readonly declaration: CollectionDeclaration<S>,
  ) {
    this.name = declaration.name;
    this.#documents = database.collection<StoredDocument>(declaration.name);
  }

  /**
   * `{_id, version}` is what compare-and-set asks for; the local stand-in scans the whole collection without it, and
   * scans for the others in any case, so these are for sweeps and rare look-ups.
   */
  async ensureIndexes(): Promise<void> {
    const { indexes = {}, deadline, expires } = this.declaration;
    await this.#ask('making indexes', () =>
      this.#documents.createIndexes([
        { key: { _id: 1, version: 1 }, name: 'compare_and_set', unique: true },
        { key: { 'outbox.id': 1 }, name: 'outbox' },
        ...(deadline ? [{ key: { deadline: 1 as const }, name: 'deadline' }] : []),
        ...(expires ? [{ key: { expiresAt: 1 as const }, name: 'expires' }] : []),
        ...Object.keys(indexes).map((index) => ({ key: { [indexField(index)]: 1 as const }, name: indexField(index) })),
      ]),
    );
  }

  async find(ids: readonly string[]): Promise<ReadonlyMap<string, StoredDocument<S>>> {
    if (ids.length === 0) return new Map();
    const found = await this.#ask('reading', () => this.#documents.find({ _id: { $in: [...ids] } }).toArray());
    return new Map(found.map((document) => [idOf(document), document as StoredDocument<S>]));
  }

  /** @throws TypeError for an index that is not declared */
  async findBy(index: string, value: string | number | boolean, limit: number): Promise<readonly StoredDocument<S>[]> {
    if (!Object.hasOwn(this.declaration.indexes ?? {}, index)) throw new TypeError(`${this.name} declares no index "${index}": declare it with its collection`);
    const found = await this.#ask('looking up', () => this.#documents.find({ [indexField(index)]: value }).limit(limit).toArray());
    return found as StoredDocument<S>[];
  }

  /** @throws TypeError for a collection without deadlines */
  async findDue(nowMs: number, limit: number): Promise<readonly StoredDocument<S>[]> {
    if (!this.declaration.deadline) throw new TypeError(`${this.name} declares no deadline: declare it with its collection`);
    const found = await this.#ask('looking for what is due', () => this.#documents.find({ deadline: { $lte: nowMs } }).sort({ deadline: 1 }).limit(limit).toArray());
    return found as StoredDocument<S>[];
  }

  /**
   * Ids of documents with something in an outbox that nobody has answered for since the instant; of those found, the
   * longest first. Ids alone, since finding them means looking at every document of the local stand-in and at every
   * entry of the index elsewhere: once for thousands, not once for each batch.
   */
  async idsLeftBehind(beforeMs: number, limit: number): Promise<readonly string[]> {
    const found = await this.#ask('looking for outboxes left behind', () => this.#documents.find({ ...notEmpty, outboxSince: { $lte: beforeMs } }, { projection: { outboxSince: 1 } }).limit(limit).toArray());
    return found.toSorted((a, b) => (a.outboxSince ?? 0) - (b.outboxSince ?? 0)).map(idOf);
  }

  /** Removes documents whose time is over and whose outbox is empty; resolves with their ids. */
  async removeExpired(nowMs: number, limit: number): Promise<readonly string[]> {
    if (!this.declaration.expires) return [];
    const found = await this.#ask('looking for what has expired', () => this.#documents.find({ expiresAt: { $lte: nowMs } }).limit(limit).toArray());
    const over = found.filter(({ outbox }) => outbox.length === 0);
    if (over.length === 0) return [];
    // By version, so that a document that was written meanwhile stays.
    await this.#ask('removing what has expired', () => this.#documents.bulkWrite(over.map(({ _id, version }) => ({ deleteOne: { filter: { _id, version } } })), { ordered: false }));
    return over.map(idOf);
  }

  /**
   * Writes each document if the version before it is still there, in one unordered bulk. Resolves with the operations
   * that failed, by their place. Rejects with the driver's own error when it is not known which were done.
   */
  async replace(documents: readonly StoredDocument<S>[]): Promise<ReadonlyMap<number, FailedOperation>> {
    const operations = documents.map((document) => {
      const { _id, version } = document;
      return { replaceOne: { filter: { _id, version: version - 1 }, replacement: document, upsert: true } };
    });
    try {
      await this.#documents.bulkWrite(operations, { ordered: false, ignoreUndefined: true });
      return new Map();
    } catch (error) {
      const failed = failedOperations(error);
      if (!failed) throw error;
      return failed;
    }
  }

  /** Takes entries out of outboxes in one bulk; by id alone, the cheapest way to a document. */
  async clear(clearings: readonly Clearing[]): Promise<void> {
    const operations = clearings.map(({ id, eventIds }) => ({ updateOne: { filter: { _id: id }, update: { $pull: { outbox: { id: { $in: [...eventIds] } } } } } }));
    await this.#ask('clearing outboxes', () => this.#documents.bulkWrite(operations, { ordered: false }));
  }

  async #ask<T>(doing: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw databaseError(error, `${doing} in ${this.name}`);
    }
  }
}

const idOf = ({ _id }: StoredDocument): string => _id;
