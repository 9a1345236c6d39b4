// SPDX-License-Identifier: Apache-2.0
import type { LocalKind } from './choice.js';
import { newClusterId } from './broker-properties.js';
import type { SecureBroker } from './broker-security.js';
import { type BrokerNode, neededPorts, nodesOn, replicationOf } from './cluster.js';
import { dockerBroker, dockerDatabase } from './docker-server.js';
import { InfrastructureError } from './errors.js';
import type { JavaInstallation } from './jar-cache.js';
import { administratorContact } from './kafka-access.js';
import { javaBroker, javaClusterId, javaDatabase, type JavaServersOptions } from './java-servers.js';
import type { Ports, ServerName } from './options.js';
import { choosePorts, type PortName } from './ports.js';
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
  /** Undefined for brokers that let anybody in. */
  readonly secure: SecureBroker | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly supervision: Omit<Supervision<unknown>, 'ready'>;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** The servers of this launcher that run, and on which ports. */
export interface LocalServers {
  readonly nodes: readonly BrokerNode[];
  readonly databasePort: number;
  readonly all: ReadonlyMap<ServerName, SupervisedServer<DatabaseAnswer | void>>;
  /** What the database said when it was ready. */
  readonly answer: DatabaseAnswer | undefined;
}

/** How often a port may turn out to be taken between the look at it and its use. */
const portAttempts = 3;

/** Starts the needed servers at the same time; when one fails, none is left running. */
export async function startLocalServers(options: LocalServersOptions): Promise<LocalServers> {
  const avoid = new Set<number>();
  for (let attempt = 1; ; attempt += 1) {
    const ports = await choosePorts({ preferred: neededPorts(options.needed, options.preferredPorts, options.secure !== undefined), pinned: options.pinPorts, avoid }, options.log);
    try {
      return await startOn(ports, options);
    } catch (error) {
      const lost = error instanceof InfrastructureError && error.code === 'port_taken' && !options.pinPorts;
      if (!lost || attempt === portAttempts) throw error;
      options.log('A port was taken by somebody else at this moment: trying others');
      for (const port of Object.values(ports)) avoid.add(port);
    }
  }
}

async function startOn(ports: Readonly<Record<PortName, number>>, options: LocalServersOptions): Promise<LocalServers> {
  const giveUp = new AbortController();
  const signal = AbortSignal.any([giveUp.signal, ...(options.signal ? [options.signal] : [])]);
  const nodes = nodesOn(options.needed, ports);
  const brokers = nodes.map((node) => supervisedBroker(node, nodes, options));
  const database = options.needed.includes('database') ? supervisedDatabase(ports.database, options) : undefined;
  const all = new Map<ServerName, SupervisedServer<DatabaseAnswer | void>>([...brokers, ...(database ? [database] : [])].map((server) => [server.server.name, server]));
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
  const [answer] = await Promise.all([orGiveUp(database?.up(signal)), ...brokers.map((broker) => orGiveUp(broker.up(signal)))]);
  const started = { nodes, databasePort: ports.database, all, answer };
  if (failure === undefined) return started;
  await stopLocalServers(started);
  throw failure;
}

/**
 * At the same time: each of several brokers asks the others' quorum for leave, so that the last one alone would wait in
 * vain. Even so it needs five seconds more, which its part of the quorum spends looking for somebody to hand over to.
 */
export async function stopLocalServers({ all }: Pick<LocalServers, 'all'>): Promise<void> {
  await Promise.all([...all.values()].map(async (server) => {
    await server.down('SIGTERM');
    await server.server.remove();
  }));
}

function supervisedBroker(node: BrokerNode, nodes: readonly BrokerNode[], options: LocalServersOptions): SupervisedServer<void> {
  const { kind, dataDir, supervision } = options;
  const server = kind === 'docker' ? dockerBroker(options, node) : javaBroker(withInstallation(options), node, nodes);
  const clusterId = (): string | undefined => (kind === 'java' ? javaClusterId(dataDir) : newClusterId(dataDir));
  const expected = { id: node.id, port: node.ports.broker, contact: administratorContact([node], options.secure), replication: replicationOf(nodes.length), clusterId };
  return new SupervisedServer(server, { ...supervision, ready: (limit) => brokerReady(expected, limit) });
}

function supervisedDatabase(port: number, options: LocalServersOptions): SupervisedServer<DatabaseAnswer> {
  const server = options.kind === 'docker' ? dockerDatabase(options, port) : javaDatabase(withInstallation(options), port);
  // A container has its port from the moment it runs, a process only once it says so.
  const listens = async (): Promise<boolean> => options.kind === 'docker' || /^READY /m.test(await server.log());
  return new SupervisedServer(server, { ...options.supervision, ready: (limit) => databaseReady(port, listens, limit) });
}

function withInstallation(options: LocalServersOptions): JavaServersOptions {
  const { installation } = options;
  if (!installation) throw new InfrastructureError('java_missing', 'The jars were not installed before the servers were to start');
  return { ...options, installation };
}
