// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { findTopic, ownTopics, readingOf, rootId, type ServiceName } from '@nervus/contracts';
import { checkTopics, createPipeline, type DeadLetter, type EventHandler, type KafkaClient, Publisher, Quarantine, type RecordHandler, serviceReader, Tables } from '@nervus/messaging';
import { parkedKeysCollection, StoredKeyParking } from '@nervus/messaging-mongo';
import { parseTrustBundle, RecordVerifier, WorkloadDirectory } from '@nervus/trust';
import type { Logger } from 'pino';
import type { KitConfig } from './config.js';
import { Database } from './database.js';
import { OwnCopies } from './dead-letters/own-copies.js';
import { TopicPrefix } from './dead-letters/topic-prefix.js';
import { Events } from './events.js';
import type { Health } from './health.js';
import { createKafkaClient } from './kafka-client.js';
import type { Kit } from './kit.js';
import { pipelineObserver, publisherMetrics } from './messaging-metrics.js';
import type { Metrics } from './metrics.js';
import { OwnIdentity } from './own-identity.js';
import { ServiceClock } from './service-clock.js';
import { Sweeps } from './sweeps.js';
import type { Tracing } from './traces.js';

/** The connected parts of one process, before anything of them has begun. */
export interface Parts {
  readonly kit: Kit;
  readonly logger: Logger;
  readonly health: Health;
  readonly client: KafkaClient;
  readonly publisher: Publisher;
  readonly tables: Tables;
  readonly database: Database;
  /** In which this process numbers the records that audit does not log. */
  readonly unauditedEpoch: string;
  readonly IdentityAnswered: ReturnType<typeof ownTopics>['CommandAnswered'];
  readonly pipeline: (handlers: ReadonlyMap<string, EventHandler>, deadLetters?: (letter: DeadLetter) => Promise<void>) => RecordHandler;
  /** The process cannot go on honestly: it becomes unready, says why and ends. */
  readonly fatal: (error: Error) => void;
  close(): Promise<void>;
}

/** Connects to the broker and the database and checks that the declared topics exist; nothing is read or written yet. */
export async function connect(service: ServiceName, config: KitConfig, base: { logger: Logger; metrics: Metrics; health: Health; tracing: Tracing; readsDeadLetters: boolean; onFatal: (error: Error) => void }): Promise<Parts> {
  const { logger, metrics, health, tracing, onFatal } = base;
  const bundle = parseTrustBundle(readFileSync(config.trustBundle), config.trustBundleThumbprint);
  const clock = new ServiceClock();
  const epoch = rootId(clock.now());
  const unauditedEpoch = rootId(clock.now() + 1);
  const identity = new OwnIdentity(service, config.trustDomain, epoch);
  const fatal = (error: Error): void => {
    health.fail(error.message);
    logger.error({ err: error, code: 'fatal' }, 'the process cannot go on and ends');
    onFatal(error);
  };

  const client = createKafkaClient(config, `${config.topicPrefix}${service}`, (level, message, details) => logger[level](details, message));
  const admin = await client.admin();
  try {
    await checkTopics(admin, service, config.topicPrefix);
  } finally {
    await admin.close();
  }

  const publisher = new Publisher({ client, topicPrefix: config.topicPrefix, spiffeId: identity.spiffeId, epochs: { audited: epoch, unaudited: unauditedEpoch }, currentKey: () => identity.signingKey, clock, onFatal: fatal, metrics: publisherMetrics(metrics) });
  const database = await Database.connect({ uri: config.mongodbUri, name: config.database ?? `nervus_${service}`, sink: publisher, clock, logger, metrics, onSealed: fatal });
  health.check('database', () => database.problem());

  const directory = new WorkloadDirectory();
  const observer = pipelineObserver(metrics, logger);
  const quarantine = new Quarantine({ service, groupId: config.topicPrefix + service, clock, observer, publish: (events) => publisher.publish(events) });
  const parking = new StoredKeyParking(database.collection(parkedKeysCollection), () => clock.now(), () => rootId(clock.now()));
  // Who looks at the dead letters of others sees copies of every topic; else a copy is only of what the group reads.
  const reads = (topic: string): boolean => {
    const declaration = findTopic(topic.slice(config.topicPrefix.length));
    return declaration !== undefined && readingOf(declaration, service) === 'group';
  };
  const verifier = new RecordVerifier({ directory, topicPrefix: config.topicPrefix, subscribes: (topic) => base.readsDeadLetters || reads(topic) });
  const tables = new Tables({ client, reader: serviceReader(service, config.topicPrefix, epoch), topicPrefix: config.topicPrefix, clock, bundle, directory, verifier, quarantine, onFatal: fatal });
  const events = new Events(publisher, clock);
  const sweeps = new Sweeps(clock, logger);
  const copies = new OwnCopies({ service, topicPrefix: config.topicPrefix, client, publisher, clock });
  const kit: Kit = { service, bundle, clock, identity, directory, events, stores: database, tables, sweeps, copies, topicPrefix: new TopicPrefix(config.topicPrefix), health, metrics, logger, client, fatal };
  return {
    kit, logger, health, client, publisher, tables, fatal,
    database,
    unauditedEpoch,
    IdentityAnswered: ownTopics('identity').CommandAnswered,
    pipeline: (handlers, deadLetters) => createPipeline({ service, topicPrefix: config.topicPrefix, groupId: config.topicPrefix + service, clock, verifier, catchUp: () => tables.catchUp(), publisher, quarantine, parking, handlers, observer, ...(deadLetters && { deadLetters }) }),
    close: async () => {
      await database.close();
      await tracing.close();
    },
  };
}
