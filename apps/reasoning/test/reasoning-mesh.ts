// SPDX-License-Identifier: Apache-2.0
// A mesh of which only reasoning is real: the test publishes as the other services and reads what reasoning wrote.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { allTopics, type DataOf, DecisionMade, derivedId, OutcomeRecorded, physicalName, type ProposalMade, PulseBeaten, readingOf, type RecordType, rootId, RunChanged, SignalAccepted, StopChanged, type StopScope, topicOf } from '@nervus/contracts';
import { type Consumer, eventOf, type NewEvent, type PublishReceipt, systemClock } from '@nervus/messaging';
import { createKafkaJsClient } from '@nervus/messaging-kafkajs';
import { type RunningService, startService } from '@nervus/service-kit';
import { kafkaBrokers, mongoUri, TestTrust, uniqueName } from '@nervus/testing';
import { digestOfAction, digestOfBytes } from '@nervus/trust';
import type { DynamicModule } from '@nestjs/common';
import type { Models } from '../src/adapters/brains/models.js';
import { StopsView } from '../src/adapters/stops-view.js';
import { ReasoningConfig } from '../src/config.js';
import { ReasoningModule } from '../src/reasoning.module.js';
import { AskModels } from '../src/use-cases/ask-models.js';

/** A record of reasoning as the test sees it. */
export interface Seen<T = unknown> {
  readonly type: string;
  readonly key: string;
  readonly id: string;
  readonly data: T;
  readonly headers: Readonly<Record<string, string>>;
}

export const shippedAgents = fileURLToPath(new URL('../../../agents', import.meta.url));
const exampleJose = 'eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl';
type Running = RunningService<typeof ReasoningConfig.properties>;

export class ReasoningMesh {
  readonly seen: Seen[] = [];
  readonly agents: string;
  private readonly running: Running[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'reasoning-'));
  private beating: NodeJS.Timeout | undefined;
  private epoch = 0;

  private constructor(
    readonly prefix: string,
    readonly trust: TestTrust,
    private readonly consumer: Consumer,
  ) {
    this.agents = join(this.folder, 'agents');
    mkdirSync(this.agents);
  }

  static async open(): Promise<ReasoningMesh> {
    const prefix = `${uniqueName('reasoning')}.`;
    const client = createKafkaJsClient({ brokers: kafkaBrokers(), clientId: prefix, log: () => undefined });
    const admin = await client.admin();
    const used = allTopics.filter((declaration) => declaration.owner === 'reasoning' || readingOf(declaration, 'reasoning') !== undefined || declaration.producers.includes('reasoning'));
    await admin.createTopics(
      used.map((declaration) => ({ topic: physicalName(declaration, prefix), partitions: declaration.partitions, settings: { 'cleanup.policy': declaration.cleanup, 'retention.ms': String(declaration.retentionMs), 'message.timestamp.type': 'LogAppendTime' } })),
      { factor: 1, minInSync: 1 },
    );
    await admin.close();
    const trust = await TestTrust.create({ client, topicPrefix: prefix });
    const written = used.filter((declaration) => declaration.owner === 'reasoning' && !declaration.copies);
    const consumer = await client.consumer({ groupId: `${prefix}test`, topics: written.map((declaration) => ({ topic: physicalName(declaration, prefix), from: 'beginning' })) });
    const mesh = new ReasoningMesh(prefix, trust, consumer);
    await mesh.watch();
    return mesh;
  }

  /** Puts a shipped agent into the folder of this mesh, its texts changed. */
  install(name: string, change: (text: string) => string = (text) => text, as = name): void {
    cpSync(join(shippedAgents, name), join(this.agents, as), { recursive: true, filter: (path) => !path.includes('/feeds') });
    this.write(as, 'agent.yaml', (text) => change(text));
  }

  write(directory: string, file: string, change: (text: string) => string): void {
    const path = join(this.agents, directory, file);
    mkdirSync(join(this.agents, directory), { recursive: true });
    writeFileSync(path, change(existing(path)));
  }

  /** Starts reasoning; while pulses are beaten, it returns when one was seen, before which every proposal is held. */
  async start(models?: Models, environment: Readonly<Record<string, string>> = {}): Promise<Running> {
    const bundle = join(this.folder, 'trust-bundle.json');
    writeFileSync(bundle, this.trust.bundleFile.content);
    const views: StopsView[] = [];
    const module = (config: Parameters<typeof ReasoningModule.with>[0]): DynamicModule => {
      const own = ReasoningModule.with(config, models);
      const look = { provide: 'the view of stops', inject: [StopsView], useFactory: (view: StopsView): StopsView => {
        views.push(view);
        return view;
      } };
      return { ...own, providers: [...(own.providers ?? []), look] };
    };
    const service = await startService(
      { service: 'reasoning', config: ReasoningConfig, module, introducer: (_, kit) => this.trust.introducerFor('reasoning', kit.identity.epoch), beforeClose: (app) => app.get(AskModels).close() },
      {
        KAFKA_BROKERS: kafkaBrokers().join(','), MONGODB_URI: mongoUri(), NERVUS_DATABASE: this.prefix.replaceAll('.', ''), NERVUS_TOPIC_PREFIX: this.prefix, NERVUS_TRUST_BUNDLE: bundle, NERVUS_TRUST_BUNDLE_THUMBPRINT: this.trust.bundleFile.thumbprint,
        NERVUS_AGENTS_FOLDER: this.agents, NERVUS_AGENTS_WATCH_SECONDS: '1', NERVUS_LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'error', ...environment,
      },
      (error) => {
        throw error;
      },
    );
    this.running.push(service);
    while (this.beating && views.some((view) => view.of('default').ageMs > 5000)) await pause(20);
    return service;
  }

  async stop(service: Running): Promise<void> {
    this.running.splice(this.running.indexOf(service), 1);
    await service.stop();
  }

  async close(): Promise<void> {
    clearInterval(this.beating);
    await Promise.all(this.running.splice(0).map((service) => service.stop()));
    await this.consumer.close();
    await this.trust.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  publish<R extends RecordType>(type: R, event: NewEvent<R>): Promise<readonly PublishReceipt[]> {
    return this.trust.publishAs(topicOf(type).owner, [eventOf(type, event, systemClock)]);
  }

  /** As approval does: a pulse at once and every half second. */
  async beat(): Promise<void> {
    const once = (): Promise<unknown> => this.publish(PulseBeaten, { key: 'pulse', id: rootId(Date.now()), data: { epoch: this.epoch, stopsHash: digestOfBytes('stops'), policyVersion: 1, at: new Date().toISOString() } });
    await once();
    this.beating ??= setInterval(() => void once().catch(() => undefined), 500);
  }

  silence(): void {
    clearInterval(this.beating);
    this.beating = undefined;
  }

  async throwStop(scope: StopScope, active = true, stopId = derivedId('stop', JSON.stringify(scope)), tenant = 'default'): Promise<void> {
    this.epoch++;
    await this.publish(StopChanged, { tenant, key: stopId, id: rootId(Date.now()), data: { stopId, tenant, scope, epoch: this.epoch, active, reason: 'a test', by: ['person:olga'], at: new Date().toISOString(), version: this.epoch }, extensions: { stop: `${this.epoch}:${active ? 'active' : 'lifted'}:${scope.kind}` } });
  }

  /** Publishes a signal as ingestion does, and gives its id. */
  async signal(content: unknown, changes: Partial<SignalAccepted> & { readonly tenant?: string; readonly id?: string; readonly hops?: number } = {}): Promise<string> {
    const { tenant = 'default', id: given, hops = 0, ...data } = changes;
    const id = given ?? derivedId('test-signal', tenant, JSON.stringify([content, data]));
    const value: SignalAccepted = {
      kind: 'feed.item', source: 'central-banks', origin: { id: 'urn:item', type: 'rss.item', source: 'https://feeds.example.org/' }, subject: 'central-banks', content,
      labels: { '': { src: [`${id}#/content`], trust: 'untrusted', class: 'public' } }, raw: { sha256: digestOfBytes(JSON.stringify(content) ?? ''), bytes: 100 }, ...data,
    };
    await this.publish(SignalAccepted, { tenant, key: value.subject, subject: value.subject, id, data: value, ...(hops > 0 && { cause: { id: derivedId('cause', id), correlationId: derivedId('cause', id), hops: hops - 1, tenant }, purpose: 'signal' }) });
    return id;
  }

  /** What approval says to a proposal. */
  decide(proposal: ProposalMade, result: DecisionMade['result'], code: string): Promise<unknown> {
    const { action } = proposal;
    const digest = digestOfAction(action);
    const data: DecisionMade = { result, code, action, digest, tier: 1, risk: { score: 10, rows: [] }, policies: [], policySet: { v: 1, h: digest }, registryVersion: 1, ruling: 1, ...(result === 'permitted' && { permit: exampleJose }) };
    return this.publish(DecisionMade, { tenant: action.tenant, key: action.runId, id: derivedId('decision', action.actionId, code), data, extensions: { actiondigest: digest, tier: '1' } });
  }

  /** What action says came of it. */
  outcome(proposal: ProposalMade, result: OutcomeRecorded['result'], code = 'done'): Promise<unknown> {
    const { action } = proposal;
    const digest = digestOfAction(action);
    const data: OutcomeRecorded = {
      actionId: action.actionId, runId: action.runId, tool: action.tool, operation: action.operation, target: action.target, digest, jti: derivedId('jti', action.actionId), tier: 1, result, code, detail: '', attempts: 1,
      idempotencyKey: digest, finishedAt: new Date().toISOString(),
    };
    return this.publish(OutcomeRecorded, { tenant: action.tenant, key: action.runId, id: derivedId('outcome', action.actionId, result), data, extensions: { actiondigest: digest, tier: '1', permit: exampleJose, decisionleaf: digest, result } });
  }

  of<R extends RecordType>(type: R, fits: (data: DataOf<R>) => boolean = () => true): Seen<DataOf<R>>[] {
    return this.seen.filter((one): one is Seen<DataOf<R>> => one.type === type.type && fits(one.data as DataOf<R>));
  }

  async until<R extends RecordType>(type: R, fits: (data: DataOf<R>) => boolean = () => true, count = 1): Promise<Seen<DataOf<R>>[]> {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const found = this.of(type, fits);
      if (found.length >= count) return found;
      if (Date.now() > deadline) throw new Error(`no ${count} ${type.type} within 30 s; seen: ${this.seen.map((one) => `${one.type.split('.')[2]} ${(one.data as { state?: string; reason?: string })?.state ?? ''} ${(one.data as { reason?: string })?.reason ?? ''}`).join(', ')}`);
      await pause(20);
    }
  }

  /** The run of a signal, once it is in one of these states. */
  async run(signalId: string, ...states: RunChanged['state'][]): Promise<RunChanged> {
    const found = await this.until(RunChanged, ({ trigger, state }) => trigger.eventId === signalId && (states.length === 0 || states.includes(state)));
    return found.at(-1)!.data;
  }

  private watch(): Promise<void> {
    return this.consumer.run({
      onBatch: async ({ records }) => {
        for (const { key, value, headers } of records) {
          const text = Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, String(Array.isArray(bytes) ? bytes[0] : bytes)]));
          this.seen.push({ type: text['ce_type'] ?? '', id: text['ce_id'] ?? '', key: key?.toString() ?? '', data: value ? JSON.parse(value.toString()) : null, headers: text });
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

function existing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
