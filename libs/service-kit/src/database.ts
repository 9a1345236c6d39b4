// SPDX-License-Identifier: Apache-2.0
import { type AggregateStore, codeOf, type CollectionDeclaration, type EventSink } from '@nervus/messaging';
import { EpochRegistry, MongoAggregateStore, OutboxRelay, type StoreMetrics } from '@nervus/messaging-mongo';
import { type Connection, createConnection } from 'mongoose';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.js';
import type { ServiceClock } from './service-clock.js';
import { Stores } from './stores.js';

export interface DatabaseOptions {
  readonly uri: string;
  readonly name: string;
  readonly sink: EventSink;
  readonly clock: ServiceClock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** This process was taken for dead by another one of its service: it must end. */
  readonly onSealed: (error: Error) => void;
}

/** Milliseconds within which the database must answer, for a start and for a look at the health. */
const connectMs = 10_000;
const pingMs = 2_000;
const expiredAtOnce = 1000;

/** Collection of events that Kafka would never take, whole, for people to look at. */
const unpublishable = 'unpublishable_events';

type AnyStore = MongoAggregateStore<object>;

/** A service's own database: its collections, the relay of their outboxes and the registry of the service's epochs. */
export class Database extends Stores {
  readonly relay: OutboxRelay;
  readonly epochs: EpochRegistry;
  private readonly opened: AnyStore[] = [];
  private readonly storeMetrics: StoreMetrics;
  private readonly unpublishable: ReturnType<Metrics['counter']>;

  private constructor(
    private readonly connection: Connection,
    private readonly options: DatabaseOptions,
  ) {
    super();
    const { clock, logger, metrics, onSealed } = options;
    this.storeMetrics = storeMetrics(metrics);
    this.unpublishable = metrics.counter('unpublishable_events_total', 'Events that can never be published, kept in the database', ['type']);
    this.relay = new OutboxRelay({ clock, sources: () => this.opened, onError: (error, collection) => logger.warn({ err: error, code: 'outbox_sweep_failed', collection }, 'a sweep of outboxes failed and is made again') });
    this.epochs = new EpochRegistry({
      database: this.db, clock, drain: (beforeMs) => this.relay.drain(beforeMs), onSealed,
      onError: (error) => logger.warn({ err: error, code: 'epoch_not_renewed' }, 'the epoch of this process could not be renewed; trying again'),
    });
    metrics.gauge('outbox_unacknowledged', 'Events in outboxes that Kafka has not acknowledged', ['collection'], (gauge) => {
      for (const store of this.opened) gauge.set({ collection: store.name }, store.outboxDepth);
    });
  }

  /** @throws Error when the database does not answer */
  static async connect(options: DatabaseOptions): Promise<Database> {
    try {
      const connection = await createConnection(options.uri, { dbName: options.name, serverSelectionTimeoutMS: connectMs, maxPoolSize: 20 }).asPromise();
      return new Database(connection, options);
    } catch (error) {
      throw new Error(`the database at ${withoutCredentials(options.uri)} does not answer: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  collection<S extends object>(declaration: CollectionDeclaration<S>): AggregateStore<S> {
    if (this.opened.some((store) => store.name === declaration.name)) throw new TypeError(`the collection ${declaration.name} is declared twice`);
    const { sink, clock, logger } = this.options;
    const store = new MongoAggregateStore<S>({
      database: this.db, declaration, sink, clock, metrics: this.storeMetrics,
      onUnpublishable: async (event, error) => {
        // Kafka cannot have it, so it is kept here: what a service decided must not disappear.
        await this.db.collection<{ _id: string }>(unpublishable).updateOne({ _id: event.id }, { $set: { event: JSON.stringify(event), code: codeOf(error), message: error.message, collection: declaration.name, at: new Date(clock.now()).toISOString() } }, { upsert: true });
        this.unpublishable.inc({ type: event.type });
        logger.error({ err: error, code: 'event_unpublishable', alert: true, eventId: event.id, type: event.type, collection: unpublishable }, 'an event can never be published: it was moved from its outbox to a collection of its own');
      },
    });
    this.opened.push(store as unknown as AnyStore);
    return store;
  }

  /** Makes the indexes of every declared collection. */
  async prepare(): Promise<void> {
    await Promise.all(this.opened.map((store) => store.prepare()));
  }

  /** Removes what has expired, everywhere. */
  async removeExpired(): Promise<void> {
    for (const store of this.opened) while ((await store.removeExpired(this.options.clock.now(), expiredAtOnce)) === expiredAtOnce);
  }

  /** What is wrong with the database right now; undefined when it answers. */
  async problem(): Promise<string | undefined> {
    try {
      await this.db.command({ ping: 1 }, { timeoutMS: pingMs });
      return undefined;
    } catch (error) {
      return `the database does not answer: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  /** Ends what was asked for and clears acknowledged outboxes. The publisher must still run. */
  async settle(): Promise<void> {
    await this.relay.stop();
    await Promise.all(this.opened.map((store) => store.close()));
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  private get db(): NonNullable<Connection['db']> {
    const { db } = this.connection;
    if (!db) throw new Error('the database connection is not open');
    return db;
  }
}

function storeMetrics(metrics: Metrics): StoreMetrics {
  const writes = metrics.counter('state_writes_total', 'Documents written', ['collection']);
  const applications = metrics.counter('state_applications_total', 'Events applied to documents', ['collection']);
  const seconds = metrics.histogram('state_write_seconds', 'Time of one bulk write', ['collection']);
  const lost = metrics.counter('state_races_lost_total', 'Writes that lost their race and were decided again', ['collection']);
  const cleared = metrics.counter('state_clears_total', 'Documents written once more, only to clear their outbox', ['collection']);
  const relayed = metrics.counter('outboxes_taken_over_total', 'Outboxes of gone processes that were published', ['collection']);
  const failed = metrics.counter('publish_failures_total', 'Publishes that failed; their events stay in the outbox', ['collection']);
  return {
    wrote: (collection, documents, applied, took) => {
      writes.inc({ collection }, documents);
      applications.inc({ collection }, applied);
      seconds.observe({ collection }, took);
    },
    lostRaces: (collection, documents) => lost.inc({ collection }, documents),
    cleared: (collection, documents) => cleared.inc({ collection }, documents),
    relayed: (collection, documents) => relayed.inc({ collection }, documents),
    publishFailed: (collection) => failed.inc({ collection }),
  };
}

function withoutCredentials(uri: string): string {
  return uri.replace(/\/\/[^@/]*@/, '//');
}
