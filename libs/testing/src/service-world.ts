// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type DataOf, physicalName, type RecordType, type ServiceName, topicOf } from '@nervus/contracts';
import { configurationOf, type Consumer, eventOf, type InboundRecord, type KafkaClient, type NewEvent, type PublishReceipt, systemClock, topicsUsedBy } from '@nervus/messaging';
import { createKafkaClient, type RunningService, type ServiceDefinition, startService } from '@nervus/service-kit';
import type { TProperties } from 'typebox';
import { kafkaBrokers, kafkaClientKind, mongoUri, uniqueName } from './infrastructure.js';
import { TestTrust } from './test-trust.js';

/** A record of the service under test, as the test sees it. */
export interface Seen<T = unknown> {
  readonly type: string;
  readonly key: string;
  readonly id: string;
  readonly data: T;
  readonly headers: Readonly<Record<string, string>>;
  readonly record: InboundRecord;
}

const waitMs = 30_000;

/**
 * A mesh of which only one service is real: the test publishes as the others and reads what the service wrote. Topics,
 * groups and database are its own, so tests share broker and database without seeing each other.
 */
export class ServiceWorld {
  readonly seen: Seen[] = [];
  /** For files of the test and of the service; removed at the end. */
  readonly folder: string;
  private readonly running: RunningService<TProperties>[] = [];

  private constructor(
    readonly service: ServiceName,
    readonly prefix: string,
    readonly client: KafkaClient,
    readonly trust: TestTrust,
    private readonly consumer: Consumer,
  ) {
    this.folder = mkdtempSync(join(tmpdir(), `${service}-`));
  }

  static async open(service: ServiceName): Promise<ServiceWorld> {
    const prefix = `${uniqueName(service)}.`;
    const client = createKafkaClient({ kafkaBrokers: kafkaBrokers().join(','), kafkaClient: kafkaClientKind(), instance: '' }, prefix, () => undefined);
    const admin = await client.admin();
    const used = topicsUsedBy(service);
    await admin.createTopics(used.map((declaration) => configurationOf(declaration, prefix)), { factor: 1, minInSync: 1 });
    await admin.close();
    const trust = await TestTrust.create({ client, topicPrefix: prefix });
    const written = used.filter((declaration) => declaration.producers.includes(service));
    const consumer = await client.consumer({ groupId: `${prefix}test`, topics: written.map((declaration) => ({ topic: physicalName(declaration, prefix), from: 'beginning' })) });
    const world = new ServiceWorld(service, prefix, client, trust, consumer);
    await world.watch();
    return world;
  }

  /** Starts one more process's worth of the service in this process; all of them share database and group. */
  async start<T extends TProperties>(definition: ServiceDefinition<T>, environment: Readonly<Record<string, string>> = {}, onFatal: (error: Error) => void = rethrow): Promise<RunningService<T>> {
    const bundle = join(this.folder, 'trust-bundle.json');
    writeFileSync(bundle, this.trust.bundleFile.content);
    const known: ServiceDefinition<T> = { introducer: (_, kit) => this.trust.introducerFor(this.service, kit.identity.epoch), ...definition };
    const service = await startService(
      known,
      {
        KAFKA_BROKERS: kafkaBrokers().join(','), KAFKA_CLIENT: kafkaClientKind(), MONGODB_URI: mongoUri(), NERVUS_DATABASE: this.prefix.replaceAll('.', ''), NERVUS_TOPIC_PREFIX: this.prefix, NERVUS_TRUST_BUNDLE: bundle,
        NERVUS_TRUST_BUNDLE_THUMBPRINT: this.trust.bundleFile.thumbprint, NERVUS_LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'error', ...environment,
      },
      onFatal,
    );
    this.running.push(service as unknown as RunningService<TProperties>);
    return service;
  }

  async stop(service: { stop(): Promise<void> }): Promise<void> {
    const at = this.running.findIndex((running) => Object.is(running, service));
    if (at >= 0) this.running.splice(at, 1);
    await service.stop();
  }

  async close(): Promise<void> {
    await Promise.all(this.running.splice(0).map((service) => service.stop()));
    await this.consumer.close();
    await this.trust.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Publishes as the owner of the type's topic. */
  publish<R extends RecordType>(type: R, event: NewEvent<R>): Promise<readonly PublishReceipt[]> {
    return this.trust.publishAs(topicOf(type).owner, [eventOf(type, event, systemClock)]);
  }

  /** All records of a type seen so far that fit. */
  of<R extends RecordType>(type: R, fits: (data: DataOf<R>) => boolean = () => true): Seen<DataOf<R>>[] {
    return this.seen.filter((one): one is Seen<DataOf<R>> => one.type === type.type && one.record.value !== null && fits(one.data as DataOf<R>));
  }

  /** Waits until at least `count` such records are there. */
  async until<R extends RecordType>(type: R, fits: (data: DataOf<R>) => boolean = () => true, count = 1): Promise<Seen<DataOf<R>>[]> {
    await this.when(() => this.of(type, fits).length >= count, `${count} ${type.type}`);
    return this.of(type, fits);
  }

  /** Waits until a condition holds. */
  async when(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const deadline = Date.now() + waitMs;
    while (!(await holds())) {
      if (Date.now() > deadline) throw new Error(`${what} did not come within ${waitMs / 1000} s; seen: ${this.tally()}`);
      await pause(20);
    }
  }

  /** How many records of each type were seen. */
  private tally(): string {
    const counts = new Map<string, number>();
    for (const { type } of this.seen) counts.set(type, (counts.get(type) ?? 0) + 1);
    return [...counts].map(([type, count]) => `${count} ${type}`).join(', ') || 'nothing';
  }

  private async watch(): Promise<void> {
    await this.consumer.run({
      onBatch: (batch) => {
        for (const record of batch.records) this.seen.push(seenOf(record));
        return Promise.resolve();
      },
      onRebalance: () => undefined,
      onAssigned: () => undefined,
      onCrash: rethrow,
    });
  }
}

function seenOf(record: InboundRecord): Seen {
  const headers = Object.fromEntries(Object.entries(record.headers).map(([name, value]) => [name, String(Buffer.isBuffer(value) ? value : value[0])]));
  return { type: headers['ce_type'] ?? '', key: record.key?.toString('utf8') ?? '', id: headers['ce_id'] ?? '', data: record.value === null ? null : (JSON.parse(record.value.toString('utf8')) as unknown), headers, record };
}

function rethrow(error: Error): never {
  throw error;
}
