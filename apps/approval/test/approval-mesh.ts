// SPDX-License-Identifier: Apache-2.0
// A mesh of which only approval is real: the test publishes as the other services and reads what approval wrote.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AgentChanged, allTopics, type DataOf, DecisionMade, derivedId, physicalName, ProposalMade, readingOf, type RecordType, rootId, topicOf, topics } from '@nervus/contracts';
import { type Consumer, eventOf, type NewEvent, type PublishReceipt, systemClock } from '@nervus/messaging';
import { createKafkaJsClient } from '@nervus/messaging-kafkajs';
import { type RunningService, startService } from '@nervus/service-kit';
import { kafkaBrokers, mongoUri, TestTrust, uniqueName } from '@nervus/testing';
import { digestOfAction } from '@nervus/trust';
import { ApprovalModule } from '../src/approval.module.js';
import { ApprovalConfig } from '../src/config.js';

/** A record of approval as the test sees it. */
export interface Seen<T = unknown> {
  readonly type: string;
  readonly key: string;
  readonly id: string;
  readonly data: T;
  readonly headers: Readonly<Record<string, string>>;
}

const shippedPolicies = fileURLToPath(new URL('../../../policies', import.meta.url));
type Running = RunningService<typeof ApprovalConfig.properties>;

export class ApprovalMesh {
  readonly seen: Seen[] = [];
  private readonly running: Running[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'approval-'));

  private constructor(
    readonly prefix: string,
    readonly trust: TestTrust,
    private readonly consumer: Consumer,
  ) {}

  static async open(): Promise<ApprovalMesh> {
    const prefix = `${uniqueName('approval')}.`;
    const client = createKafkaJsClient({ brokers: kafkaBrokers(), clientId: prefix, log: () => undefined });
    const admin = await client.admin();
    const used = allTopics.filter((declaration) => declaration.owner === 'approval' || readingOf(declaration, 'approval') !== undefined || declaration.producers.includes('approval'));
    await admin.createTopics(
      used.map((declaration) => ({ topic: physicalName(declaration, prefix), partitions: declaration.partitions, settings: { 'cleanup.policy': declaration.cleanup, 'retention.ms': String(declaration.retentionMs), 'message.timestamp.type': 'LogAppendTime' } })),
      { factor: 1, minInSync: 1 },
    );
    await admin.close();
    const trust = await TestTrust.create({ client, topicPrefix: prefix });
    const written = used.filter((declaration) => declaration.owner === 'approval' && !declaration.copies);
    const consumer = await client.consumer({ groupId: `${prefix}test`, topics: written.map((declaration) => ({ topic: physicalName(declaration, prefix), from: 'beginning' })) });
    const mesh = new ApprovalMesh(prefix, trust, consumer);
    await mesh.watch();
    return mesh;
  }

  /** Starts one approval process's worth of service in this process; several share database and group. */
  async start(policyFolder = shippedPolicies): Promise<Running> {
    const bundle = join(this.folder, 'trust-bundle.json');
    writeFileSync(bundle, this.trust.bundleFile.content);
    const service = await startService(
      { service: 'approval', config: ApprovalConfig, module: (config) => ApprovalModule.with(config), introducer: (_, kit) => this.trust.introducerFor('approval', kit.identity.epoch) },
      {
        KAFKA_BROKERS: kafkaBrokers().join(','), MONGODB_URI: mongoUri(), NERVUS_DATABASE: this.prefix.replaceAll('.', ''), NERVUS_TOPIC_PREFIX: this.prefix, NERVUS_TRUST_BUNDLE: bundle, NERVUS_TRUST_BUNDLE_THUMBPRINT: this.trust.bundleFile.thumbprint,
        NERVUS_POLICIES: policyFolder, NERVUS_LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'error',
      },
      (error) => {
        throw error;
      },
    );
    this.running.push(service);
    return service;
  }

  async stop(service: Running): Promise<void> {
    this.running.splice(this.running.indexOf(service), 1);
    await service.stop();
  }

  async close(): Promise<void> {
    await Promise.all(this.running.splice(0).map((service) => service.stop()));
    await this.consumer.close();
    await this.trust.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  publish<R extends RecordType>(type: R, event: NewEvent<R>): Promise<readonly PublishReceipt[]> {
    return this.trust.publishAs(topicOf(type).owner, [eventOf(type, event, systemClock)]);
  }

  agent(data: AgentChanged, tenant = 'default'): Promise<unknown> {
    return this.publish(AgentChanged, { tenant, key: data.name, id: derivedId('agent', tenant, data.name, String(data.recordVersion)), data });
  }

  propose(data: ProposalMade, changes: { tenant?: string; actiondigest?: string } = {}): Promise<unknown> {
    return this.publish(ProposalMade, { tenant: changes.tenant ?? data.action.tenant, key: data.action.runId, id: derivedId('proposal', data.action.actionId), data, extensions: { actiondigest: changes.actiondigest ?? digestOfAction(data.action) } });
  }

  command<R extends (typeof topics.console.commands.records)[number]>(type: R, about: string, data: DataOf<R>, tenant = 'default'): Promise<unknown> {
    return this.publish(type, { tenant, key: about, id: rootId(Date.now()), data });
  }

  /** All records of a type seen so far that fit. */
  of<R extends RecordType>(type: R, fits: (data: DataOf<R>) => boolean = () => true): Seen<DataOf<R>>[] {
    return this.seen.filter((one): one is Seen<DataOf<R>> => one.type === type.type && fits(one.data as DataOf<R>));
  }

  /** Waits until at least `count` such records are there. */
  async until<R extends RecordType>(type: R, fits: (data: DataOf<R>) => boolean = () => true, count = 1): Promise<Seen<DataOf<R>>[]> {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const found = this.of(type, fits);
      if (found.length >= count) return found;
      if (Date.now() > deadline) throw new Error(`no ${count} ${type.type} within 30 s; seen: ${this.seen.map((one) => one.type.split('.')[2]).join(', ')}`);
      await pause(20);
    }
  }

  async decisionOn(actionId: string, count = 1): Promise<Seen<DecisionMade>> {
    const found = (await this.until(DecisionMade, ({ action }) => action.actionId === actionId, count)).at(-1);
    if (!found) throw new Error('no decision');
    return found;
  }

  private watch(): Promise<void> {
    return this.consumer.run({
      onBatch: async ({ records }) => {
        for (const { key, value, headers } of records) {
          const text = Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, String(Array.isArray(bytes) ? bytes[0] : bytes)]));
          const id = text['ce_id'] ?? '';
          // At least once: a process publishes again what it finds in the outbox of a document, and readers know it by its id.
          if (this.seen.some((one) => one.id === id)) continue;
          this.seen.push({ type: text['ce_type'] ?? '', id, key: key?.toString() ?? '', data: value ? JSON.parse(value.toString()) : null, headers: text });
        }
      },
      onRebalance: () => undefined,
      onAssigned: () => undefined,
      onCrash: (error) => {
        throw error;
      },
    });
  }
}
