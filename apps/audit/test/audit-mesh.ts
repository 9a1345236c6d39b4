// SPDX-License-Identifier: Apache-2.0
// A mesh of which only audit is real: the test publishes as the other services and reads what audit promised.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  allTopics, type BatchReceipted, DecisionMade, derivedId, type ExactAction, FindingRaised, IntentReceipted, IntentRecorded, OutcomeRecorded, physicalName, PolicySetActivated, ProposalMade, type RecordType, SignalAccepted, type Tier, topics,
} from '@nervus/contracts';
import { type Admin, type Consumer, createDeclaredTopics, eventOf, type InboundRecord, type KafkaClient, type NewEvent, type OutgoingEvent, systemClock } from '@nervus/messaging';
import { createKafkaJsClient } from '@nervus/messaging-kafkajs';
import { type RunningService, startService } from '@nervus/service-kit';
import { kafkaBrokers, kafkaClientKind, mongoUri, TestTrust, uniqueName } from '@nervus/testing';
import { digestOfAction, digestOfBytes, idempotencyKeyOf, issuePermit, WorkloadKey } from '@nervus/trust';
import { type Report, verifyFolder } from '@nervus/verifier';
import { auditService } from '../src/audit-service.js';

const hash = digestOfBytes('sample');
type Running = RunningService<typeof auditService.config.properties>;

export class AuditMesh {
  /** Records of audit's receipts and findings, in the order read. */
  readonly seen: { readonly type: string; readonly data: unknown }[] = [];
  readonly fatal: Error[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'nervus-audit-'));
  private readonly approver = WorkloadKey.generate();
  private service: Running | undefined;

  private constructor(
    readonly prefix: string,
    readonly client: KafkaClient,
    readonly trust: TestTrust,
    private readonly consumer: Consumer,
  ) {}

  static async open(): Promise<AuditMesh> {
    const prefix = `${uniqueName('audit')}.`;
    const client = createKafkaJsClient({ brokers: kafkaBrokers(), clientId: prefix, log: () => undefined });
    const admin = await client.admin();
    await createDeclaredTopics(admin, prefix);
    // A broker that is busy says that topics exist before it leads them.
    for (const topic of allTopics) await led(admin, physicalName(topic, prefix));
    await admin.close();
    const trust = await TestTrust.create({ client, topicPrefix: prefix });
    const consumer = await client.consumer({ groupId: `${prefix}test`, topics: [topics.audit.receipts, topics.audit.findings].map((topic) => ({ topic: physicalName(topic, prefix), from: 'beginning' })) });
    const mesh = new AuditMesh(prefix, client, trust, consumer);
    await trust.know('approval', mesh.approver);
    await mesh.publish('approval', PolicySetActivated, { key: 'policy-set', id: derivedId('policy'), data: { version: 1, hash, by: ['installation'], at: new Date().toISOString() } });
    await consumer.run({
      onBatch: ({ records }) => {
        for (const record of records) mesh.seen.push({ type: headerOf(record, 'ce_type'), data: JSON.parse(record.value?.toString('utf8') ?? 'null') });
        return Promise.resolve();
      },
      onRebalance: () => undefined, onAssigned: () => undefined, onCrash: (error) => mesh.fatal.push(error),
    });
    return mesh;
  }

  get logFolder(): string {
    return join(this.folder, 'log');
  }

  get running(): Running {
    if (!this.service) throw new Error('audit was not started');
    return this.service;
  }

  /** Starts audit, again over the same folder and database after it was stopped. */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<Running> {
    const { content, thumbprint } = this.trust.bundleFile;
    const bundle = join(this.folder, 'trust-bundle.json');
    writeFileSync(bundle, content);
    this.service = await startService(
      { ...auditService, introducer: (_, kit) => this.trust.introducerFor('audit', kit.identity.epoch) },
      {
        KAFKA_BROKERS: kafkaBrokers().join(','), KAFKA_CLIENT: kafkaClientKind(), MONGODB_URI: mongoUri(), NERVUS_DATABASE: this.prefix.replaceAll('.', ''), NERVUS_TOPIC_PREFIX: this.prefix, NERVUS_TRUST_BUNDLE: bundle, NERVUS_TRUST_BUNDLE_THUMBPRINT: thumbprint,
        NERVUS_LOG_FOLDER: this.logFolder, NERVUS_LOG_KEY_FOLDER: join(this.folder, 'key'), NERVUS_GAP_SECONDS: '1', NERVUS_LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'error', ...environment,
      },
      (error) => this.fatal.push(error),
    );
    return this.service;
  }

  async stop(): Promise<void> {
    await this.service?.stop();
    this.service = undefined;
  }

  publish<R extends RecordType>(service: Parameters<TestTrust['publishAs']>[0], type: R, ...events: NewEvent<R>[]): Promise<readonly { readonly leaf: string }[]> {
    return this.trust.publishAs(service, events.map((event): OutgoingEvent => eventOf(type, event, systemClock)));
  }

  /** One action from its signal to its outcome, each published by its service; gives its idempotency key and the leaf of its intent. */
  async act(n: number, tier: Tier, { decided = true } = {}): Promise<{ readonly idempotencyKey: string; readonly intentLeaf: string | undefined }> {
    const id = (what: string): string => derivedId(what, String(n), this.prefix);
    const [tenant, runId, now] = ['default', id('run'), Date.now()];
    const action: ExactAction = {
      v: 1, tenant, actionId: id('action'), runId, agent: { name: 'market-news', version: '1.0.0', digest: hash }, tool: 'alert', operation: 'log', toolVersion: 1, toolSchema: hash, target: 'alert-log:desk', params: { channel: 'desk', severity: 1, title: String(n), text: '' }, effect: 'write',
    };
    const digest = digestOfAction(action);
    const jti = id('jti');
    const iss = this.trust.spiffeIdOf('approval');
    const seconds = Math.floor(now / 1000);
    const permit = issuePermit({ iss, aud: 'action', jti, sub: `spiffe://nervus.local/tenant/${tenant}/agent/market-news`, act: digest, aid: action.actionId, tier, pol: { v: 1, h: hash }, stp: 0, nbf: seconds, exp: seconds + 300, use: 1 }, this.approver);
    const headers = { actiondigest: digest, tier: String(tier) };
    const common = { key: runId, tenant };
    await this.publish('ingestion', SignalAccepted, { ...common, key: 'desk', id: id('signal'), data: { kind: 'webhook', source: 'desk', origin: { id: String(n), type: 't', source: 's' }, subject: 'desk', content: {}, labels: {}, raw: { sha256: hash, bytes: 1 } } });
    await this.publish('reasoning', ProposalMade, { ...common, id: id('proposal'), extensions: { actiondigest: digest }, data: { action, labels: {}, confidence: 1, reasons: [], against: [], sources: [], contextHash: hash, agentRecordVersion: 1, expiresAt: new Date(now + 60_000).toISOString() } });
    const decision = decided
      ? await this.publish('approval', DecisionMade, {
          ...common, id: id('decision'), extensions: { ...headers, permit },
          data: { result: 'permitted', code: 'automatic', action, digest, tier, risk: { score: 1, rows: [] }, policies: [], policySet: { v: 1, h: hash }, registryVersion: 1, ruling: 1, permit },
        })
      : [];
    const authority = { ...headers, permit, decisionleaf: decision[0]?.leaf ?? digestOfBytes('no decision') };
    const named = { actionId: action.actionId, runId, digest, jti, tier };
    const intent = tier < 2 ? [] : await this.publish('action', IntentRecorded, { ...common, id: id('intent'), extensions: authority, data: { ...named, deadline: new Date(now + 300_000).toISOString() } });
    const idempotencyKey = idempotencyKeyOf(digest);
    const at = new Date(now).toISOString();
    await this.publish('action', OutcomeRecorded, {
      ...common, id: id('outcome'), extensions: { ...authority, result: 'succeeded', ...(intent[0] && { intentleaf: intent[0].leaf }) },
      data: { ...named, tool: 'alert', operation: 'log', target: action.target, result: 'succeeded', code: 'done', detail: '', attempts: 1, idempotencyKey, startedAt: at, finishedAt: at },
    });
    return { idempotencyKey, intentLeaf: intent[0]?.leaf };
  }

  /** Leaves in the order of the log, as receipts on Kafka tell it. */
  receipted(): string[] {
    const leaves: string[] = [];
    for (const { type, data } of this.seen) {
      if (type !== topics.audit.receipts.records[0]?.type) continue;
      const { first, leaves: lines } = data as BatchReceipted;
      for (const [i, [leaf]] of lines.entries()) leaves[first + i] = leaf;
    }
    return leaves;
  }

  intents(): IntentReceipted[] {
    return this.seen.filter(({ type }) => type === IntentReceipted.type).map(({ data }) => data as IntentReceipted);
  }

  findings(): FindingRaised[] {
    return this.seen.filter(({ type }) => type === FindingRaised.type).map(({ data }) => data as FindingRaised);
  }

  /** Verifies the folder as a stranger would who has it by copy. */
  verify(log = this.logFolder, effects?: readonly { readonly idempotencyKey: string }[]): Promise<Report> {
    return verifyFolder({ log, policyFile: join(this.folder, 'key', 'log-policy'), trustFile: join(this.folder, 'trust-bundle.json'), effects });
  }

  /** Waits until the condition holds. @throws Error naming what was waited for */
  async until(what: string, holds: () => boolean, limitMs = 30_000): Promise<void> {
    const end = Date.now() + limitMs;
    while (!holds()) {
      if (Date.now() > end) throw new Error(`waited ${limitMs} ms for ${what}`);
      await pause(50);
    }
  }

  async close(): Promise<void> {
    await this.stop();
    await this.consumer.close();
    await this.trust.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function led(admin: Admin, topic: string, limitMs = 30_000): Promise<void> {
  for (const end = Date.now() + limitMs; ; ) {
    try {
      await admin.endOffsets(topic);
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await pause(100);
    }
  }
}

const headerOf = ({ headers }: InboundRecord, name: string): string => String(headers[name] ?? '');
