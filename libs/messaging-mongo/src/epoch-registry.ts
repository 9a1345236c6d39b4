// SPDX-License-Identifier: Apache-2.0
//
// The epochs of a service's processes, in its own database, so that a process that died is noticed by the others and
// its last record can be named (trust.md section 0, audit's rule R8).
//
// Invariant: an epoch is named as sealed only after its process can no longer renew it (every change is a
// compare-and-set on the version) and after everything that it had written was published by somebody else.
import type { Clock } from '@nervus/messaging';
import type { mongo } from 'mongoose';
import { type Database, databaseError, isDuplicateKey } from './database.js';

interface Entry {
  /** The epoch: UUIDv7 of the process. */
  readonly _id: string;
  readonly version: number;
  /** Key that signs its records; absent while none was signed. */
  readonly kid?: string;
  readonly audited: boolean;
  /** Milliseconds. */
  readonly lastSeen: number;
  /** `sealing`: it may not be renewed any more; `sealed`: its outboxes are drained; `closed`: it ended by itself. */
  readonly state: 'open' | 'sealing' | 'sealed' | 'closed';
  readonly announced?: boolean;
}

/** A dead epoch, as heartbeats name it. */
export interface SealedEpoch {
  readonly epoch: string;
  readonly kid: string;
}

export interface EpochRegistryOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Publishes everything that was written before the instant: {@link OutboxRelay.drain}. */
  readonly drain: (beforeMs: number) => Promise<void>;
  /** This process was taken for dead: it must end, since what it publishes is not believed any more. */
  readonly onSealed: (error: Error) => void;
  /** Renewing failed; it is tried again at the next turn. */
  readonly onError: (error: unknown) => void;
  /** Milliseconds between renewals. @default 10000 */
  readonly renewEveryMs?: number;
  /** Milliseconds without renewal after which a process counts as dead. @default 30000 */
  readonly deadAfterMs?: number;
}

const collectionName = 'epochs';
/** How long entries that nobody needs any more are kept, in milliseconds. */
const keepMs = 7 * 24 * 60 * 60 * 1000;

export class EpochRegistry {
  readonly #entries: mongo.Collection<Entry>;
  readonly #own = new Map<string, number>();
  readonly #renewEveryMs: number;
  readonly #deadAfterMs: number;
  #kid: string | undefined;
  #cancel: (() => void) | undefined;
  #renewing: Promise<void> | undefined;
  /** Since when this process could renew without a gap; only then does it judge others. */
  #steadySince: number | undefined;
  #lastRenewed = 0;
  #closed = false;

  constructor(private readonly options: EpochRegistryOptions) {
    this.#entries = options.database.collection<Entry>(collectionName);
    this.#renewEveryMs = options.renewEveryMs ?? 10_000;
    this.#deadAfterMs = options.deadAfterMs ?? 30_000;
  }

  /**
   * Registers an epoch of this process; before its first record. A process that numbers audited and other records apart
   * registers both.
   * @param kid absent while the process has no key; then {@link rekey} comes before the first record
   */
  async open({ epoch, kid, audited }: { readonly epoch: string; readonly kid?: string; readonly audited: boolean }): Promise<void> {
    const now = this.options.clock.now();
    this.#kid = kid ?? this.#kid;
    await this.#ask('opening an epoch', () => this.#entries.insertOne({ _id: epoch, version: 1, audited, lastSeen: now, state: 'open', ...(kid === undefined ? {} : { kid }) }).catch((error: unknown) => {
      // It is ours alone: an earlier try was written although its answer was lost.
      if (!isDuplicateKey(error)) throw error;
    }));
    this.#own.set(epoch, 1);
    this.#lastRenewed = now;
    this.#steadySince ??= now;
    this.#renewSoon();
  }

  /** The key that signs from now on; before the first record that it signs. @throws UnavailableError when it could not be noted */
  async rekey(kid: string): Promise<void> {
    this.#kid = kid;
    await this.#renewing;
    await this.#renew();
  }

  /** Milliseconds since this process last renewed its epochs. Beyond `deadAfterMs` others may seal them. */
  get unrenewedMs(): number {
    return this.#own.size === 0 ? 0 : this.options.clock.now() - this.#lastRenewed;
  }

  /**
   * Seals epochs of this service that were not renewed for too long, after everything of theirs was published, and
   * returns all that are sealed and not announced: also those that another process sealed before it died. Announce
   * them, then call {@link announced}.
   */
  async sealDead(): Promise<readonly SealedEpoch[]> {
    const now = this.options.clock.now();
    // After an outage of the database all look dead: give them as long as it takes to be dead to renew.
    const fit = this.#steadySince !== undefined && now - this.#steadySince >= this.#deadAfterMs && this.unrenewedMs < this.#deadAfterMs;
    const entries = await this.#ask('looking for dead epochs', () => this.#entries.find({}).toArray());
    const others = entries.filter(({ _id: epoch }) => !this.#own.has(epoch));
    const dead = fit ? others.filter(({ state, lastSeen }) => (state === 'open' || state === 'sealing') && now - lastSeen > this.#deadAfterMs) : [];
    const sealed = others.filter(({ state, announced }) => state === 'sealed' && !announced);
    const fenced: Entry[] = [];
    for (const entry of dead) if (await this.#change(entry, { state: 'sealing' })) fenced.push({ ...entry, version: entry.version + 1 });
    if (fenced.length > 0) {
      await this.options.drain(this.options.clock.now() + 1);
      // One without a key has signed nothing: there is nothing to name.
      for (const entry of fenced) if (await this.#change(entry, { state: entry.kid === undefined ? 'closed' : 'sealed' })) sealed.push(entry);
    }
    await this.#forget(entries, now);
    return sealed.flatMap(({ _id: epoch, kid }) => (kid === undefined ? [] : [{ epoch, kid }]));
  }

  /** Kafka acknowledged the heartbeat that named them. */
  async announced(epochs: readonly SealedEpoch[]): Promise<void> {
    for (const { epoch } of epochs) await this.#ask('noting an announcement', () => this.#entries.updateOne({ _id: epoch }, { $set: { announced: true } }));
  }

  /** Ends the epochs of this process: after its last record was acknowledged. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#renewing;
    for (const [epoch, version] of this.#own) await this.#ask('closing an epoch', () => this.#entries.updateOne({ _id: epoch, version }, { $set: { state: 'closed', version: version + 1, lastSeen: this.options.clock.now() } }));
    this.#own.clear();
  }

  #renewSoon(): void {
    if (this.#cancel || this.#closed) return;
    this.#cancel = this.options.clock.after(this.#renewEveryMs, () => {
      this.#cancel = undefined;
      this.#renewing = this.#renew().catch((error: unknown) => this.options.onError(error)).finally(() => this.#renewSoon());
    });
  }

  async #renew(): Promise<void> {
    const now = this.options.clock.now();
    for (const [epoch, version] of this.#own) {
      const set = { lastSeen: now, version: version + 1, ...(this.#kid === undefined ? {} : { kid: this.#kid }) };
      const { matchedCount } = await this.#ask('renewing an epoch', () => this.#entries.updateOne({ _id: epoch, version }, { $set: set }));
      if (matchedCount === 0 && !(await this.#wasOurs(epoch, version + 1))) {
        this.#closed = true;
        return this.options.onSealed(new Error(`epoch ${epoch} of this process was sealed by another one: it was not renewed for ${this.unrenewedMs} ms, at most ${this.#deadAfterMs} ms are allowed. The process must end; its successor goes on`));
      }
      this.#own.set(epoch, version + 1);
    }
    if (now - this.#lastRenewed >= this.#deadAfterMs) this.#steadySince = now;
    this.#lastRenewed = now;
  }

  /** An earlier renewal may have been written although its answer was lost. */
  async #wasOurs(epoch: string, version: number): Promise<boolean> {
    const found = await this.#ask('looking at an epoch', () => this.#entries.findOne({ _id: epoch }));
    return found?.state === 'open' && found.version === version;
  }

  async #change({ _id, version }: Entry, set: Partial<Entry>): Promise<boolean> {
    const { matchedCount } = await this.#ask('sealing an epoch', () => this.#entries.updateOne({ _id, version }, { $set: { ...set, version: version + 1 } }));
    return matchedCount === 1;
  }

  async #forget(entries: readonly Entry[], now: number): Promise<void> {
    const old = entries.filter(({ state, announced, lastSeen }) => (state === 'closed' || announced) && now - lastSeen > keepMs).map(({ _id: epoch }) => epoch);
    if (old.length > 0) await this.#ask('forgetting old epochs', () => this.#entries.deleteMany({ _id: { $in: old } }));
  }

  async #ask<T>(doing: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw databaseError(error, doing);
    }
  }
}
