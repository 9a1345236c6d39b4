// SPDX-License-Identifier: Apache-2.0
// A mesh of which only reasoning is real: the test publishes as the other services and reads what reasoning wrote.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type DataOf, DecisionMade, derivedId, OutcomeRecorded, type ProposalMade, PulseBeaten, type RecordType, rootId, RunChanged, SignalAccepted, StopChanged, type StopScope } from '@nervus/contracts';
import type { NewEvent, PublishReceipt } from '@nervus/messaging';
import type { RunningService } from '@nervus/service-kit';
import { type Seen, ServiceWorld } from '@nervus/testing';
import { digestOfAction, digestOfBytes } from '@nervus/trust';
import type { DynamicModule } from '@nestjs/common';
import type { Models } from '../src/adapters/brains/models.js';
import { StopsView } from '../src/adapters/stops-view.js';
import { ReasoningConfig } from '../src/config.js';
import { ReasoningModule } from '../src/reasoning.module.js';
import { AskModels } from '../src/use-cases/ask-models.js';

export type { Seen } from '@nervus/testing';

export const shippedAgents = fileURLToPath(new URL('../../../agents', import.meta.url));
const exampleJose = 'eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl';
type Running = RunningService<typeof ReasoningConfig.properties>;

export class ReasoningMesh {
  readonly agents: string;
  private beating: NodeJS.Timeout | undefined;
  private epoch = 0;

  private constructor(private readonly world: ServiceWorld) {
    this.agents = join(world.folder, 'agents');
    mkdirSync(this.agents);
  }

  static async open(): Promise<ReasoningMesh> {
    return new ReasoningMesh(await ServiceWorld.open('reasoning'));
  }

  get seen(): readonly Seen[] {
    return this.world.seen;
  }

  get prefix(): string {
    return this.world.prefix;
  }

  get trust(): ServiceWorld['trust'] {
    return this.world.trust;
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
    const views: StopsView[] = [];
    const module = (config: Parameters<typeof ReasoningModule.with>[0]): DynamicModule => {
      const own = ReasoningModule.with(config, models);
      const look = { provide: 'the view of stops', inject: [StopsView], useFactory: (view: StopsView): StopsView => {
        views.push(view);
        return view;
      } };
      return { ...own, providers: [...(own.providers ?? []), look] };
    };
    const service = await this.world.start(
      { service: 'reasoning', config: ReasoningConfig, module, beforeClose: (app) => app.get(AskModels).close() },
      { NERVUS_AGENTS_FOLDER: this.agents, NERVUS_AGENTS_WATCH_SECONDS: '1', ...environment },
    );
    while (this.beating && views.some((view) => view.of('default').ageMs > 5000)) await pause(20);
    return service;
  }

  stop(service: Running): Promise<void> {
    return this.world.stop(service);
  }

  close(): Promise<void> {
    clearInterval(this.beating);
    return this.world.close();
  }

  publish<R extends RecordType>(type: R, event: NewEvent<R>): Promise<readonly PublishReceipt[]> {
    return this.world.publish(type, event);
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

  of<R extends RecordType>(type: R, fits?: (data: DataOf<R>) => boolean): Seen<DataOf<R>>[] {
    return this.world.of(type, fits);
  }

  until<R extends RecordType>(type: R, fits?: (data: DataOf<R>) => boolean, count?: number): Promise<Seen<DataOf<R>>[]> {
    return this.world.until(type, fits, count);
  }

  /** The run of a signal, once it is in one of these states. */
  async run(signalId: string, ...states: RunChanged['state'][]): Promise<RunChanged> {
    const found = await this.until(RunChanged, ({ trigger, state }) => trigger.eventId === signalId && (states.length === 0 || states.includes(state)));
    return found.at(-1)!.data;
  }
}

function existing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
