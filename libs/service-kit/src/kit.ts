// SPDX-License-Identifier: Apache-2.0
import type { ServiceName } from '@nervus/contracts';
import type { DeadLetter, KafkaClient, Subscription, Tables } from '@nervus/messaging';
import type { TrustBundle, WorkloadDirectory } from '@nervus/trust';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Static, TObject, TProperties } from 'typebox';
import type { KitConfig } from './config.js';
import type { OwnCopies } from './dead-letters/own-copies.js';
import type { TopicPrefix } from './dead-letters/topic-prefix.js';
import type { Events } from './events.js';
import type { Health } from './health.js';
import type { Introducer } from './key-keeper.js';
import type { Metrics } from './metrics.js';
import type { OwnIdentity } from './own-identity.js';
import type { ServiceClock } from './service-clock.js';
import type { Stores } from './stores.js';
import type { Sweeps } from './sweeps.js';

/** What the kit gives a service; each class is also what Nest injects by its type, in every module. */
export interface Kit {
  readonly service: ServiceName;
  readonly bundle: TrustBundle;
  readonly clock: ServiceClock;
  readonly identity: OwnIdentity;
  readonly directory: WorkloadDirectory;
  readonly events: Events;
  readonly stores: Stores;
  readonly tables: Tables;
  readonly sweeps: Sweeps;
  readonly copies: OwnCopies;
  readonly topicPrefix: TopicPrefix;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** For audit, which must know how far partitions reach; services publish through `events` and read by handlers. */
  readonly client: KafkaClient;
  /** The process cannot go on honestly: it becomes unready, says why and ends. */
  readonly fatal: (error: Error) => void;
}

/** What a service is made of. */
export interface ServiceDefinition<T extends TProperties> {
  readonly service: ServiceName;
  /** The service's own configuration, beside {@link KitConfig}. */
  readonly config: TObject<T>;
  readonly module: (config: Static<TObject<T>> & KitConfig, kit: Kit) => DynamicModule;
  /** True for a service with a public HTTP port. @default false */
  readonly edge?: boolean;
  /** How this service makes its keys known. @default it enrols at identity */
  readonly introducer?: (config: Static<TObject<T>> & KitConfig, kit: Kit) => Introducer;
  /** Replaces the subscriptions that follow from `@On` handlers: for audit, which takes every record as bytes. */
  readonly subscriptions?: (app: INestApplication, kit: Kit) => readonly Subscription[];
  /** Takes the copies in the dead-letter topics that the service reads, for people to look at. @default none are read */
  readonly deadLetters?: (app: INestApplication, kit: Kit) => (letter: DeadLetter) => Promise<void>;
  /** Milliseconds to rest between fetches, for a service that reads much and need not be prompt. @default 0 */
  readonly restMs?: number;
  /** Prepares the public HTTP server before it listens: raw bodies, headers, limits. */
  readonly http?: (app: INestApplication, config: Static<TObject<T>> & KitConfig, kit: Kit) => void;
  /** Runs first when the service stops, while records still come in: what must still be read, is read here. Must be bounded. */
  readonly beforeDrain?: (app: INestApplication, kit: Kit) => Promise<void>;
  /** Runs after the last record was handled and before the publisher closes. */
  readonly beforeClose?: (app: INestApplication, kit: Kit) => Promise<void>;
}
