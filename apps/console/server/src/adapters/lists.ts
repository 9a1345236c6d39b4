// SPDX-License-Identifier: Apache-2.0
import { UnavailableError } from '@nervus/messaging';
import { type Connection, createConnection } from 'mongoose';
import { type Cursor, decodeCursor, type Page, pageOf } from '../domain/cursor.js';
import { listed } from './read-models.js';

type Listed = (typeof listed)[keyof typeof listed];

/** A row that lists are sorted by. */
interface Sorted {
  readonly sort: number;
}

interface Stored<S> {
  readonly _id: string;
  readonly by_list?: string;
  readonly state: S;
}

/**
 * Reads sorted pages of what {@link ReadModels} wrote; it writes nothing. Stores answer only exact look-ups, so this
 * has a small connection of its own.
 */
export class Lists {
  private constructor(private readonly connection: Connection) {}

  /** @throws Error when the database does not answer */
  static async open(uri: string, database: string): Promise<Lists> {
    const lists = new Lists(await createConnection(uri, { dbName: database, maxPoolSize: 5, serverSelectionTimeoutMS: 10_000 }).asPromise());
    await lists.prepare();
    return lists;
  }

  /** The index that pages are read by, beside those of the stores. */
  private async prepare(): Promise<void> {
    for (const name of [listed.requests, listed.runs, listed.intelligence, listed.findings, listed.deadLetters]) {
      await this.collection(name).createIndex({ by_list: 1, 'state.sort': 1, _id: 1 }, { name: 'page' });
    }
  }

  /** One page of a list, ascending by `sort`. @throws Problem when the cursor is none; UnavailableError */
  async page<S extends Sorted, T>(name: Listed, list: string, of: { readonly limit: number; readonly cursor: string | undefined; readonly show: (state: S) => T }): Promise<Page<T>> {
    const after = of.cursor === undefined ? undefined : decodeCursor(of.cursor);
    const rows = await this.ask(`listing ${name}`, () =>
      this.collection<S>(name)
        .find(after ? { by_list: list, $or: [{ 'state.sort': { $gt: after.sort } }, { 'state.sort': after.sort, _id: { $gt: after.id } }] } : { by_list: list }, { projection: { state: 1 } })
        .sort({ 'state.sort': 1, _id: 1 })
        .limit(of.limit + 1)
        .toArray(),
    );
    return pageOf(rows.map(({ _id: id, state }): Cursor & { readonly state: S } => ({ sort: state.sort, id, state })), of.limit, ({ state }) => of.show(state));
  }

  /** How many rows a list has. */
  count(name: Listed, list: string): Promise<number> {
    return this.ask(`counting ${name}`, () => this.collection(name).countDocuments({ by_list: list }));
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  private collection<S>(name: Listed) {
    const { db } = this.connection;
    if (!db) throw new Error('the connection for lists is not open');
    return db.collection<Stored<S>>(name);
  }

  private async ask<T>(doing: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (cause) {
      throw new UnavailableError('database_unavailable', `${doing} failed: ${cause instanceof Error ? cause.message : String(cause)}`, {}, { cause });
    }
  }
}
