// SPDX-License-Identifier: Apache-2.0
// The order in which a service starts and stops. Start: tables to the ends seen -> own key introduced and seen ->
// consumer groups joined -> public port -> ready. Stop: not ready -> public port -> sweeps -> engine drained and
// committed -> outboxes and publisher -> tables -> database. Every await in it is bounded.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type INestApplication } from '@nestjs/common';
import { Engine, type EventHandler, notBefore, retryTopics, type Subscription } from '@nervus/messaging';
import { type Handler, NervusTransport, RethrowFilter } from '@nervus/messaging-nest';
import { findTopic, physicalName, type RecordType, readingOf, retryStepOf, findRecordType, topicOf, topicsReadBy } from '@nervus/contracts';
import { NestFactory } from '@nestjs/core';
import type { Static, TObject, TProperties } from 'typebox';
import type { KitConfig } from './config.js';
import { Heartbeats } from './heartbeats.js';
import { KeyKeeper } from './key-keeper.js';
import { EnrolmentIntroducer } from './enrolment-introducer.js';
import type { ServiceDefinition } from './kit.js';
import { KitModule } from './kit-module.js';
import type { Management } from './management.js';
import { engineMetrics, watchMessaging } from './messaging-metrics.js';
import type { Parts } from './parts.js';
import { NestLog } from './service-logger.js';

/** Milliseconds between two looks for documents whose time is over; a look reads the whole collection on the stand-in. */
const removeExpiredMs = 5 * 60_000;

type Config<T extends TProperties> = Static<TObject<T>> & KitConfig;

/** One running service process. */
export class RunningService<T extends TProperties> {
  private engine: Engine | undefined;
  private app: INestApplication | undefined;
  private keeper: KeyKeeper | undefined;
  private heartbeats: Heartbeats | undefined;
  private stopping: Promise<void> | undefined;
  /** Port of the public server; 0 for a service without one. */
  httpPort = 0;

  constructor(
    private readonly definition: ServiceDefinition<T>,
    private readonly config: Config<T>,
    private readonly parts: Parts,
    readonly management: Management,
  ) {}

  /** Resolves when the service is ready. */
  async start(): Promise<void> {
    const { parts, definition, config } = this;
    const { health, logger, tables, kit } = parts;
    const app = await NestFactory.create(KitModule.with(kit, definition.module(config, kit)), { logger: new NestLog(logger), abortOnError: false, bodyParser: false });
    this.app = app;
    this.keeper = this.keyKeeper();
    const heartbeats = new Heartbeats(parts);
    this.heartbeats = heartbeats;

    health.set('start', 'the tables are being loaded');
    await tables.start();
    await tables.loaded;

    health.set('start', 'the workload key is not known to the mesh yet');
    await parts.database.prepare();
    const { epochs } = parts.database;
    await epochs.open({ epoch: parts.kit.identity.epoch, audited: true });
    await epochs.open({ epoch: parts.unauditedEpoch, audited: false });
    await this.keeper.enrol();
    await heartbeats.open();

    health.set('start', 'the consumer group is not joined yet');
    await parts.database.relay.start();
    const service = app.connectMicroservice({ strategy: new NervusTransport({ start: (handlers) => this.join(handlers), stop: () => Promise.resolve() }) }, { deferInitialization: true });
    service.useGlobalFilters(new RethrowFilter());
    await app.startAllMicroservices();
    await this.listen(app);

    kit.sweeps.every('remove-expired', removeExpiredMs, () => parts.database.removeExpired());
    kit.sweeps.start();
    health.set('start', null);
    logger.info({ managementPort: this.management.port, httpPort: this.httpPort, epoch: kit.identity.epoch }, 'ready');
  }

  /** Stops in order; the second call waits for the first. */
  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    const { parts, definition } = this;
    const { health, kit, logger } = parts;
    const drainMs = this.config.drainSeconds * 1000;
    health.set('start', 'the service is stopping');
    if (this.app && definition.beforeDrain) await definition.beforeDrain(this.app, kit);
    this.keeper?.stop();
    const server: Server | undefined = this.httpPort > 0 ? this.app?.getHttpServer() : undefined;
    if (server) await closed(server);
    await kit.sweeps.stop();
    await this.engine?.close({ drainMs });
    if (this.app && definition.beforeClose) await definition.beforeClose(this.app, kit);
    await parts.database.settle();
    await this.heartbeats?.close();
    await parts.publisher.close({ drainMs });
    await parts.tables.close({ drainMs: 1000 });
    await parts.database.epochs.close().catch((error: unknown) => logger.warn({ err: error, code: 'epoch_not_closed' }, 'the epoch could not be closed; others will seal it'));
    await this.app?.close();
    await parts.close();
    await this.management.close();
    logger.info('stopped');
  }

  private keyKeeper(): KeyKeeper {
    const { parts, definition, config } = this;
    const { kit, logger, publisher, tables } = parts;
    const introducer = definition.introducer?.(config, kit) ?? new EnrolmentIntroducer(kit.identity, kit.bundle, config.tokenFile, kit.clock);
    const keeper = new KeyKeeper({ identity: kit.identity, directory: kit.directory, publisher, introducer, clock: kit.clock, logger, renewAfterMs: config.keyRenewSeconds * 1000, random: Math.random, onFatal: parts.fatal, beforeSigning: (kid) => parts.database.epochs.rekey(kid) });
    tables.onWorkload((kid) => keeper.onWorkload(kid));
    tables.on(parts.IdentityAnswered, (event) => keeper.onAnswer(event.data));
    return keeper;
  }

  private async join(handlers: ReadonlyMap<string, Handler>): Promise<void> {
    const { parts, definition, config } = this;
    const { kit } = parts;
    const subscriptions = definition.subscriptions?.(this.app!, kit) ?? this.subscriptionsOf(handlers);
    if (subscriptions.length === 0) return;
    const engine = new Engine({ client: parts.client, groupId: config.topicPrefix + definition.service, subscriptions, clock: kit.clock, onFatal: parts.fatal, metrics: engineMetrics(kit.metrics), ...(definition.restMs === undefined ? {} : { restMs: definition.restMs }) });
    this.engine = engine;
    watchMessaging(kit.metrics, parts.publisher, () => this.engine);
    await engine.start();
  }

  private subscriptionsOf(handlers: ReadonlyMap<string, Handler>): readonly Subscription[] {
    const { parts, definition, config } = this;
    const { logger } = parts;
    const wrapped = new Map<string, EventHandler>(
      [...handlers].map(([type, handle]) => [
        type,
        (event) => {
          // Under the record's own trace: at this level every service shows what it had in hand of one event.
          logger.debug({ type, id: event.id }, 'record in hand');
          return handle(event);
        },
      ]),
    );
    const record = parts.pipeline(wrapped, definition.deadLetters?.(this.app!, parts.kit));
    const letters = definition.deadLetters ? topicsReadBy(definition.service, 'group').filter((declaration) => declaration.copies && retryStepOf(declaration) === undefined).map(({ name }) => name) : [];
    const names = new Set([...[...handlers.keys()].map((type) => topicNameOf(type, definition.service)), ...letters]);
    const read: Subscription[] = [...names].map((name) => ({ topic: physicalName({ name }, config.topicPrefix), from: 'beginning', order: findTopic(name)?.order ?? 'key', handle: { record } }));
    return [...read, ...retryTopics(definition.service, config.topicPrefix).map(({ topic }): Subscription => ({ topic, from: 'beginning', notBefore, handle: { record } }))];
  }

  private async listen(app: INestApplication): Promise<void> {
    const { definition, config, parts } = this;
    if (!definition.edge) {
      await app.init();
      return;
    }
    definition.http?.(app, config, parts.kit);
    await app.listen(config.httpPort, config.httpHost);
    const server: Server = app.getHttpServer();
    this.httpPort = (server.address() as AddressInfo).port;
  }
}

/** Topic of a handled type. @throws TypeError when the contracts do not let the service read it as a group */
function topicNameOf(typeName: string, service: ServiceDefinition<TProperties>['service']): string {
  const type: RecordType | undefined = findRecordType(typeName);
  if (!type) throw new TypeError(`a handler is declared for ${typeName}, which libs/contracts does not know`);
  const declaration = topicOf(type);
  if (readingOf(declaration, service) !== 'group') throw new TypeError(`${service} has a handler for ${typeName}, but does not read ${declaration.name} as a group: declare it in libs/contracts`);
  return declaration.name;
}

/** Takes no new connection and lets requests in hand finish, within two seconds. */
async function closed(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), 2000);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
