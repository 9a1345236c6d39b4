// SPDX-License-Identifier: Apache-2.0
export { type AggregateStoreOptions, MongoAggregateStore } from './aggregate-store.js';
export type { Database } from './database.js';
export { EpochRegistry, type EpochRegistryOptions, type SealedEpoch } from './epoch-registry.js';
export { Inbox, type InboxOptions } from './inbox.js';
export { type ParkedKey, parkedKeysCollection, StoredKeyParking } from './key-parking.js';
export { type StoreMetrics, noStoreMetrics } from './metrics.js';
export { OutboxRelay, type OutboxRelayOptions, type OutboxSource } from './outbox-relay.js';
