// SPDX-License-Identifier: Apache-2.0
// Read by Node itself in a process of its own (relay-process.ts): types are erased and nothing else, and packages are
// named, not their sources.
import { rootId, topics } from '@nervus/contracts';
import { type CollectionDeclaration, type KafkaClient, Publisher, systemClock } from '@nervus/messaging';
import { createKafkaJsClient } from '@nervus/messaging-kafkajs';
import { type Database, MongoAggregateStore, OutboxRelay } from '@nervus/messaging-mongo';
import { WorkloadKey } from '@nervus/trust';

interface Ledger {
  readonly n: number;
}
export const ledgers: CollectionDeclaration<Ledger> = { name: 'ledgers' };

export const topic = topics.ingestion.signals;
/** As in production. */
export const relayBatch = 100;
export const batchesInHand = 2;

export const clientOf = (brokers: readonly string[]): KafkaClient => createKafkaJsClient({ brokers, clientId: 'relay-test', log: () => undefined });

export interface RelayingOptions {
  readonly brokers: readonly string[];
  readonly database: Database;
  readonly topicPrefix: string;
  /** So many more events were acknowledged by Kafka. */
  readonly onPublished?: (events: number) => void;
}

/** A process of a service as far as its relay goes. */
export class Relaying {
  readonly publisher: Publisher;
  readonly store: MongoAggregateStore<Ledger>;
  readonly relay: OutboxRelay;
  readonly errors: unknown[] = [];
  /** Most events that were handed over and not acknowledged at any moment. */
  mostInFlight = 0;

  constructor({ brokers, database, topicPrefix, onPublished = () => undefined }: RelayingOptions) {
    const key = { signer: WorkloadKey.generate(), notAfter: Date.now() + 3_600_000 };
    this.publisher = new Publisher({
      client: clientOf(brokers), topicPrefix, spiffeId: 'spiffe://nervus.local/service/ingestion', epochs: { audited: rootId(systemClock.now()), unaudited: rootId(systemClock.now()) }, currentKey: () => key, clock: systemClock,
      onFatal: (error) => this.errors.push(error),
    });
    this.store = new MongoAggregateStore({
      database, declaration: ledgers, clock: systemClock,
      sink: {
        publish: async (events) => {
          this.mostInFlight = Math.max(this.mostInFlight, this.store.outboxDepth);
          await this.publisher.publish(events);
          onPublished(events.length);
        },
      },
    });
    this.relay = new OutboxRelay({ sources: () => [this.store], clock: systemClock, onError: (error) => this.errors.push(error), batch: relayBatch, inHand: batchesInHand });
  }

  async close(): Promise<void> {
    await this.relay.stop();
    await this.store.close();
    await this.publisher.close({ drainMs: 5000 });
  }
}
