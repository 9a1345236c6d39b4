// SPDX-License-Identifier: Apache-2.0
import type { LocalKind } from './choice.js';
import { newClusterId } from './broker-properties.js';
import { dockerBroker, dockerDatabase } from './docker-server.js';
import { InfrastructureError } from './errors.js';
import type { JavaInstallation } from './jar-cache.js';
import { javaBroker, javaClusterId, javaDatabase } from './java-servers.js';
import type { LocalServer } from './local-server.js';
import type { Ports, ServerName } from './options.js';
import { choosePorts } from './ports.js';
import { brokerReady, type DatabaseAnswer, databaseReady } from './readiness.js';
import { SupervisedServer, type Supervision } from './supervised-server.js';

export interface LocalServersOptions {
  readonly kind: LocalKind;
  readonly needed: readonly ServerName[];
  readonly dataDir: string;
  /** For kind `java`. */
  readonly installation: JavaInstallation | undefined;
  readonly storage: 'durable' | 'memory';
  readonly preferredPorts: Ports;
  readonly pinPorts: boolean;
  readonly brokerProperties: Readonly<Record<string, string>>;
  readonly environment: NodeJS.ProcessEnv;
  readonly supervision: Omit<Supervision<unknown>, 'ready'>;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** The servers of this launcher that run, and on which ports. */
export interface LocalServers {
  readonly ports: Ports;
  readonly broker: SupervisedServer<void> | undefined;
  readonly database: SupervisedServer<DatabaseAnswer> | undefined;
  /** What the database said when it was ready. */
  readonly answer: DatabaseAnswer | undefined;
}

/** How often a port may turn out to be taken between the look at it and its use. */
const portAttempts = 3;

/** Starts the needed servers at the same time; when one fails, none is left running. */
export async function startLocalServers(options: LocalServersOptions): Promise<LocalServers> {
  const avoid = new Set<number>();
  for (let attempt = 1; ; attempt += 1) {
    const needed = options.needed.flatMap((name) => (name === 'broker' ? (['broker', 'controller'] as const) : ([name] as const)));
    const ports = await choosePorts({ preferred: options.preferredPorts, needed, pinned: options.pinPorts, avoid }, options.log);
    try {
      return await startOn(ports, options);
    } catch (error) {
      const lost = error instanceof InfrastructureError && error.code === 'port_taken' && !options.pinPorts;
      if (!lost || attempt === portAttempts) throw error;
      options.log('A port was taken by somebody else at this moment: trying others');
      for (const name of needed) avoid.add(ports[name]);
    }
  }
}

async function startOn(ports: Ports, options: LocalServersOptions): Promise<LocalServers> {
  const giveUp = new AbortController();
  const signal = AbortSignal.any([giveUp.signal, ...(options.signal ? [options.signal] : [])]);
  const { kind, dataDir, needed, supervision } = options;
  const servers = new Map(needed.map((name) => [name, create(name, ports, options)]));
  const [brokerServer, databaseServer] = [servers.get('broker'), servers.get('database')];
  const ourCluster = (): string | undefined => (kind === 'java' ? javaClusterId(dataDir) : newClusterId(dataDir));
  // A container has its port from the moment it runs, a process only once it says so.
  const listens = async (): Promise<boolean> => kind === 'docker' || /^READY /m.test((await databaseServer?.log()) ?? '');
  const broker = brokerServer && new SupervisedServer(brokerServer, { ...supervision, ready: (limit) => brokerReady(ports.broker, ourCluster, limit) });
  const database = databaseServer && new SupervisedServer(databaseServer, { ...supervision, ready: (limit) => databaseReady(ports.database, listens, limit) });
  let failure: unknown;
  const orGiveUp = async <T>(starting: Promise<T> | undefined): Promise<T | undefined> => {
    try {
      return await starting;
    } catch (error) {
      failure ??= error;
      giveUp.abort();
      return undefined;
    }
  };
  const [, answer] = await Promise.all([orGiveUp(broker?.up(signal)), orGiveUp(database?.up(signal))]);
  const started = { ports, broker, database, answer };
  if (failure === undefined) return started;
  await stopLocalServers(started);
  throw failure;
}

export async function stopLocalServers({ broker, database }: Pick<LocalServers, 'broker' | 'database'>): Promise<void> {
  await Promise.all([broker, database].map(async (server) => {
    await server?.down('SIGTERM');
    await server?.server.remove();
  }));
}

function create(name: ServerName, ports: Ports, options: LocalServersOptions): LocalServer {
  const { kind, installation, dataDir, environment, brokerProperties, storage } = options;
  if (kind === 'docker') return (name === 'broker' ? dockerBroker : dockerDatabase)({ dataDir, ports, brokerProperties, environment });
  if (!installation) throw new InfrastructureError('java_missing', 'The jars were not installed before the servers were to start');
  return (name === 'broker' ? javaBroker : javaDatabase)({ dataDir, ports, installation, storage, brokerProperties, environment });
}
