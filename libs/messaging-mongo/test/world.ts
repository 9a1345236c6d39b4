// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { type AggregateStore, type CollectionDeclaration, type Decision, type EventSink, type OutgoingEvent, systemClock } from '@nervus/messaging';
import { mongoUri } from '@nervus/testing';
import mongoose from 'mongoose';
import { afterAll, vi } from 'vitest';
import { type AggregateStoreOptions, type Database, MongoAggregateStore } from '../src/index.js';

/** A sum of amounts: each amount added says so in an event. */
export interface Account {
  readonly sum: number;
  readonly owner: string;
  readonly due?: number | undefined;
}

export const accounts: CollectionDeclaration<Account> = {
  name: 'accounts',
  indexes: { owner: ({ owner }) => owner, positive: ({ sum }) => (sum > 0 ? true : undefined) },
  deadline: ({ due }) => due,
};

export const event = (id: string, value = '{}'): OutgoingEvent => ({
  id, type: 'nervus.test.added.v1', topic: 'nervus.test.sums.v1', key: 'default/a', time: '2026-01-01T00:00:00.000Z', correlationId: 'c', hops: 1, extensions: {}, value,
});

/** Adds an amount and says so. */
export const add =
  (amount: number, eventId: string, owner = 'ann') =>
  (current: Account | undefined): Decision<Account> => ({ state: { owner, ...current, sum: (current?.sum ?? 0) + amount }, events: [event(`said-${eventId}`)] });

/** A sink that keeps what it is given; Kafka's part is played by whoever calls `acknowledge`. */
export class HeldSink implements EventSink {
  readonly published: OutgoingEvent[] = [];
  readonly calls: (readonly OutgoingEvent[])[] = [];
  private readonly open: PromiseWithResolvers<void>[] = [];

  constructor(private hold = false) {}

  publish(events: readonly OutgoingEvent[]): Promise<void> {
    this.published.push(...events);
    this.calls.push(events);
    if (!this.hold) return Promise.resolve();
    const answer = Promise.withResolvers<void>();
    this.open.push(answer);
    return answer.promise;
  }

  get ids(): string[] {
    return this.published.map(({ id }) => id);
  }

  acknowledge(): void {
    this.hold = false;
    for (const answer of this.open.splice(0)) answer.resolve();
  }

  fail(error: Error): void {
    for (const answer of this.open.splice(0)) answer.reject(error);
  }
}

/** The connection string of one of them, for another process. */
export const uriOf = ({ databaseName }: Database): string => mongoUri(databaseName);

/** A database of this test's own on the database of this run. */
export function freshDatabase(): () => Promise<Database> {
  const connections: mongoose.Connection[] = [];
  afterAll(async () => {
    await Promise.all(connections.map((connection) => connection.close()));
  });
  return async () => {
    const connection = await mongoose.createConnection(mongoUri(`m${randomUUID().replaceAll('-', '')}`)).asPromise();
    connections.push(connection);
    return connection.db!;
  };
}

export async function storeOn(database: Database, options: Partial<AggregateStoreOptions<Account>> = {}): Promise<MongoAggregateStore<Account>> {
  const store = new MongoAggregateStore({ database, declaration: accounts, sink: new HeldSink(), clock: systemClock, ...options });
  await store.prepare();
  return store;
}

export const eventually = <T>(look: () => T | Promise<T>): Promise<T> => vi.waitFor(look, { timeout: 15_000, interval: 5 });

/** The outbox of a document as it stands in the database. */
export async function outboxOf(database: Database, id: string): Promise<string[]> {
  const document = await database.collection<{ _id: string; outbox: OutgoingEvent[] }>(accounts.name).findOne({ _id: id });
  return document!.outbox.map((each) => each.id);
}

export const applyAll = (store: AggregateStore<Account>, id: string, count: number, name = 'e'): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, (_, n) => store.apply(id, `${name}${n}`, add(1, `${name}${n}`))));
