// SPDX-License-Identifier: Apache-2.0
import { type Clock, UnavailableError } from '@nervus/messaging';
import type { mongo } from 'mongoose';
import { type Database, databaseError, isDuplicateKey } from './database.js';

interface Entry {
  /** `<group>:<eventId>`. */
  readonly _id: string;
  readonly version: number;
  readonly state: 'started' | 'done';
  /** Milliseconds until which whoever started it is believed to be at work. */
  readonly leasedUntil: number;
  readonly doneAt?: number;
}

export interface InboxOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Whose effects these are: a consumer group, or a part of it. */
  readonly group: string;
  /** Milliseconds an effect may take before another process takes it up. @default 60000 */
  readonly leaseMs?: number;
  /** Milliseconds that finished entries are kept; longer than anything can be replayed. @default 40 days */
  readonly keepMs?: number;
}

const collectionName = 'inbox';
const day = 24 * 60 * 60 * 1000;

/**
 * Remembers effects that leave no trace in an aggregate (a mail, a call), so that a redelivered event does not repeat
 * them. An effect that began and was not finished, since its process died, is begun again: what it does has to bear
 * that, or has to look first. Where that is not enough, give the effect an aggregate.
 */
export class Inbox {
  readonly #entries: mongo.Collection<Entry>;
  readonly #leaseMs: number;
  readonly #keepMs: number;

  constructor(private readonly options: InboxOptions) {
    this.#entries = options.database.collection<Entry>(collectionName);
    this.#leaseMs = options.leaseMs ?? 60_000;
    this.#keepMs = options.keepMs ?? 40 * day;
  }

  /** Makes the indexes, if they are not there. */
  async prepare(): Promise<void> {
    await this.#ask(() => this.#entries.createIndexes([{ key: { _id: 1, version: 1 }, name: 'compare_and_set', unique: true }, { key: { doneAt: 1 }, name: 'done_at' }]));
  }

  /**
   * Runs the effect of an event unless it was done. When the effect rejects, the event may be tried again at once.
   * @param effect told whether it had begun before without being finished
   * @throws UnavailableError `effect_in_progress` while another process is at it, `database_unavailable`; what the effect throws
   */
  async once(eventId: string, effect: (begunBefore: boolean) => Promise<void>): Promise<'done' | 'duplicate'> {
    const id = `${this.options.group}:${eventId}`;
    const version = await this.#begin(id);
    if (version === 'done') return 'duplicate';
    try {
      await effect(version > 1);
    } catch (error) {
      // Released on a best effort: otherwise the lease runs out.
      await this.#entries.updateOne({ _id: id, version }, { $set: { leasedUntil: 0 } }).catch(() => undefined);
      throw error;
    }
    // By id alone: whoever took it up meanwhile must find it done.
    await this.#ask(() => this.#entries.updateOne({ _id: id }, { $set: { state: 'done', doneAt: this.options.clock.now() } }));
    return 'done';
  }

  /** Forgets what was done so long ago that it cannot be replayed. For a sweep. */
  async forgetOld(): Promise<number> {
    const before = this.options.clock.now() - this.#keepMs;
    const { deletedCount } = await this.#ask(() => this.#entries.deleteMany({ doneAt: { $lt: before } }));
    return deletedCount;
  }

  /** The version under which the effect is ours to begin: 1 when it had never begun. */
  async #begin(id: string): Promise<number | 'done'> {
    const now = this.options.clock.now();
    const leasedUntil = now + this.#leaseMs;
    const inserted = await this.#ask(() => this.#entries.insertOne({ _id: id, version: 1, state: 'started', leasedUntil }).then(() => true, (error: unknown) => {
      if (isDuplicateKey(error)) return false;
      throw error;
    }));
    if (inserted) return 1;
    const found = await this.#ask(() => this.#entries.findOne({ _id: id }));
    if (found?.state === 'done') return 'done';
    if (found && found.leasedUntil <= now) {
      const { version } = found;
      const { matchedCount } = await this.#ask(() => this.#entries.updateOne({ _id: id, version }, { $set: { version: version + 1, leasedUntil } }));
      if (matchedCount === 1) return version + 1;
    }
    throw new UnavailableError('effect_in_progress', `the effect of ${id} is in the hands of another process; it is looked at again later`, { id });
  }

  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw databaseError(error, `asking the inbox of ${this.options.group}`);
    }
  }
}
