// SPDX-License-Identifier: Apache-2.0
import { InfrastructureError } from './errors.js';
import type { LocalServers } from './local-servers.js';
import type { DatabaseInfo, Infrastructure, ServerName } from './options.js';

export interface RunningParts {
  readonly kind: Infrastructure['kind'];
  readonly kafka: Infrastructure['kafka'];
  readonly database: DatabaseInfo;
  readonly description: string;
  /** Undefined when both servers are external. */
  readonly servers: LocalServers | undefined;
  /** Stops the servers and lets go of the data folder. */
  readonly release: AsyncDisposable;
}

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
    const { broker, database } = this.parts.servers ?? {};
    return [broker, database].flatMap((supervised) => (supervised?.server.pid === undefined ? [] : [{ name: supervised.server.name, pid: supervised.server.pid }]));
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

  stop(): Promise<void> {
    this.stopping ??= (async () => this.parts.release[Symbol.asyncDispose]())();
    return this.stopping;
  }

  private ours(name: ServerName): NonNullable<LocalServers[ServerName]> {
    if (this.stopping) throw new InfrastructureError('stopped', `The infrastructure is stopped: its ${name} can no longer be taken down or brought up`);
    const server = this.parts.servers?.[name];
    if (!server) throw new InfrastructureError('not_ours', `The ${name} is external: this launcher neither started it nor stops it`, { server: name });
    return server;
  }
}
