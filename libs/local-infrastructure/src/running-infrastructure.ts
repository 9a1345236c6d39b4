// SPDX-License-Identifier: Apache-2.0
import type { SecureBroker } from './broker-security.js';
import { InfrastructureError } from './errors.js';
import { administratorContact } from './kafka-access.js';
import type { LocalServers } from './local-servers.js';
import type { BrokerName, DatabaseInfo, Infrastructure, ServerName } from './options.js';
import { leaderOf, until } from './readiness.js';
import type { SupervisedServer } from './supervised-server.js';

export interface RunningParts {
  readonly kind: Infrastructure['kind'];
  readonly kafka: Infrastructure['kafka'];
  readonly database: DatabaseInfo;
  readonly description: string;
  /** Undefined when both servers are external. */
  readonly servers: LocalServers | undefined;
  readonly secure: SecureBroker | undefined;
  /** Stops the servers and lets go of the data folder. */
  readonly release: AsyncDisposable;
}

const questionTimeoutMs = 20_000;

type Signal = 'SIGTERM' | 'SIGKILL';

/** What {@link startInfrastructure} hands out. */
export class RunningInfrastructure implements Infrastructure {
  readonly kind: Infrastructure['kind'];
  readonly kafka: Infrastructure['kafka'];
  readonly database: DatabaseInfo;
  private stopping: Promise<void> | undefined;

  constructor(private readonly parts: RunningParts) {
    this.kind = parts.kind;
    this.kafka = parts.kafka;
    this.database = parts.database;
  }

  get processes(): Infrastructure['processes'] {
    return [...(this.parts.servers?.all.values() ?? [])].flatMap(({ server: { name, pid } }) => (pid === undefined ? [] : [{ name, pid }]));
  }

  describe(): string {
    return this.parts.description;
  }

  async takeDown(name: ServerName, options: { readonly signal?: Signal } = {}): Promise<void> {
    await this.ours(name).down(options.signal ?? 'SIGTERM');
  }

  async bringUp(name: ServerName): Promise<void> {
    await this.ours(name).up();
  }

  async restart(name: ServerName, options: { readonly signal?: Signal } = {}): Promise<void> {
    await this.takeDown(name, options);
    await this.bringUp(name);
  }

  async leaderOf(topic: string, partition = 0): Promise<BrokerName | undefined> {
    this.ours('broker');
    const nodes = this.parts.servers?.nodes ?? [];
    // kafkajs begins with the first address, and gives up when nobody answers there.
    const asked = nodes.filter(({ name }) => this.ours(name).runs);
    if (asked.length === 0) return undefined;
    const contact = administratorContact(asked, this.parts.secure);
    const leader = await until(() => leaderOf(contact, topic, partition), AbortSignal.timeout(questionTimeoutMs));
    return nodes.find(({ id }) => id === leader)?.name;
  }

  stop(): Promise<void> {
    this.stopping ??= (async () => this.parts.release[Symbol.asyncDispose]())();
    return this.stopping;
  }

  private ours(name: ServerName): SupervisedServer<unknown> {
    if (this.stopping) throw new InfrastructureError('stopped', `The infrastructure is stopped: its ${name} can no longer be taken down or brought up`);
    const server = this.parts.servers?.all.get(name);
    if (server) return server;
    if (name !== 'database' && name !== 'broker') throw new InfrastructureError('not_ours', `There is no ${name}: ${this.kafka.external ? 'the Kafka is external' : `this launcher started ${this.kafka.brokers.length}`}`, { server: name });
    throw new InfrastructureError('not_ours', `The ${name} is external: this launcher neither started it nor stops it`, { server: name });
  }
}
