// SPDX-License-Identifier: Apache-2.0
import type { InfrastructureError } from './errors.js';

export type InfrastructureMode = 'auto' | 'external' | 'docker' | 'java';
/** Of several brokers the first is `broker`. */
export type BrokerName = 'broker' | 'broker-2' | 'broker-3';
export type ServerName = BrokerName | 'database';

/** Loopback ports. */
export interface Ports {
  readonly broker: number;
  /** The broker's own, for its metadata quorum; nobody else connects to it. */
  readonly controller: number;
  readonly database: number;
}

export interface InfrastructureOptions {
  /** The folder of everything that survives, logs included; one launcher at a time holds it. */
  readonly dataDir: string;
  /** Where jars are kept. @default `$XDG_CACHE_HOME/nervus`, else `~/.cache/nervus` */
  readonly cacheDir?: string | undefined;
  /** @default 'auto': addresses that are given, else Docker, else Java */
  readonly mode?: InfrastructureMode | undefined;
  /** `host:port` of a running broker, which then is used and never started or stopped. */
  readonly kafkaBrokers?: readonly string[] | undefined;
  /** Connection string of a running MongoDB, which then is used and never started or stopped. */
  readonly mongoUri?: string | undefined;
  /** Storage of the stand-in: `durable` loses nothing acknowledged, `memory` is faster and forgets. Docker always is durable. */
  readonly database: 'durable' | 'memory';
  /**
   * Brokers that are started, each of them a controller too. Three keep three copies of everything and go on while one
   * is away; they need Java, more memory and a data folder of their own. @default 1
   */
  readonly brokers?: 1 | 3 | undefined;
  /** @default 19092, 19093, 27117; further brokers take the next pairs; a taken one gives way to the next free one */
  readonly ports?: Partial<Ports> | undefined;
  /** Refuse with `port_taken` instead of taking the next free port. @default false */
  readonly pinPorts?: boolean | undefined;
  /** Makes the brokers ask who a client is, and what it may do. Needs Java. @default anybody on this machine may do anything */
  readonly security?: BrokerSecurity | undefined;
  /** Lines of `server.properties` that win over ours. */
  readonly brokerProperties?: Readonly<Record<string, string>> | undefined;
  /** How long a server may take to be ready, in milliseconds. @default 60 000, and 120 000 for three brokers */
  readonly readyTimeoutMs?: number | undefined;
  /** How long a server may take to stop before it is killed, in milliseconds. @default 10 000 */
  readonly stopGraceMs?: number | undefined;
  /** Receives what a person should read, a line at a time. */
  readonly log?: ((line: string) => void) | undefined;
  /** Told when a server ends although nobody asked it to. */
  readonly onUnexpectedEnd?: ((error: InfrastructureError) => void) | undefined;
  /** Gives up starting; what was started is stopped. */
  readonly signal?: AbortSignal | undefined;
  /** Of the processes that are started: PATH, JAVA_HOME, MAVEN_OPTS, DOCKER_HOST. @default that of this process */
  readonly environment?: NodeJS.ProcessEnv | undefined;
}

/**
 * How clients prove who they are, always over TLS: a certificate of their own (`mtls`), a password (`scram`,
 * SCRAM-SHA-512), or a short-lived token (`oauth`, OAUTHBEARER).
 */
export type Authentication = 'mtls' | 'scram' | 'oauth';

export interface BrokerSecurity {
  readonly authentication: Authentication;
  /** Who there is beside the administrator: `ingestion` becomes `User:ingestion`. */
  readonly principals: readonly string[];
  /** Whose tokens are believed; the subject of a token is the principal. Needed for `oauth`. */
  readonly tokens?: { readonly issuer: string; readonly audience: string; readonly keys: readonly Readonly<Record<string, unknown>>[] } | undefined;
}

/** Files of a client of a secure broker; certificate and key with `mtls`, a password with `scram`. */
export interface ClientCredentials {
  readonly caFile: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly passwordFile?: string;
}

/** What a principal may do on one topic or consumer group. */
export interface AccessRule {
  readonly principal: string;
  readonly resource: 'topic' | 'group';
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
  readonly operations: readonly string[];
}

/** The way into secure brokers. */
export interface KafkaAccess {
  readonly authentication: Authentication;
  /** Of one of the principals that the brokers were started with. */
  credentialsOf(principal: string): ClientCredentials;
  /** May do anything; with mutual TLS, at addresses of its own. */
  readonly administrator: { readonly brokers: readonly string[] } & Required<Pick<ClientCredentials, 'caFile' | 'certFile' | 'keyFile'>>;
  /** Makes these the only access rules there are. */
  setRules(rules: readonly AccessRule[]): Promise<void>;
}

export interface KafkaInfo {
  /** `host:port` of every broker that clients may begin with. */
  readonly brokers: readonly string[];
  readonly version: string;
  readonly external: boolean;
  /** Undefined for brokers that let anybody in, and for external ones. */
  readonly access?: KafkaAccess | undefined;
}

export interface DatabaseInfo {
  readonly uri: string;
  /** What answers: MongoDB itself, or the stand-in that speaks its protocol. Figures and tests say which. */
  readonly kind: 'mongodb' | 'mongo-java-server';
  readonly version: string;
  /** `external` storage is whatever its owner made it. */
  readonly storage: 'durable' | 'memory' | 'external';
}

/** A running broker, or several, and a running database. */
export interface Infrastructure {
  /** How the servers that were not given as addresses were started; `external` when both were given. */
  readonly kind: 'external' | 'docker' | 'java';
  readonly kafka: KafkaInfo;
  readonly database: DatabaseInfo;
  /** What this launcher runs now; containers and external servers have no process here. */
  readonly processes: readonly { readonly name: ServerName; readonly pid: number }[];
  /** One line for people; never contains a password. */
  describe(): string;
  /** Ends one server and waits until it is gone: `SIGKILL` for a crash, `SIGTERM` for an orderly end. */
  takeDown(name: ServerName, options?: { readonly signal?: 'SIGTERM' | 'SIGKILL' }): Promise<void>;
  /**
   * Starts a server that was taken down, on the same port and data, and waits until it is ready; one of several brokers
   * is ready when it has caught up, so that the next one may be taken down. When most brokers are down, bring them up
   * at once: one alone has no quorum and would wait for the others.
   */
  bringUp(name: ServerName): Promise<void>;
  /** `takeDown`, then `bringUp`. */
  restart(name: ServerName, options?: { readonly signal?: 'SIGTERM' | 'SIGKILL' }): Promise<void>;
  /** The broker that leads a partition at this moment; undefined while none does. Only for brokers that were started here. */
  leaderOf(topic: string, partition?: number): Promise<BrokerName | undefined>;
  /** Stops what was started and lets go of the data folder. Calling it again changes nothing. */
  stop(): Promise<void>;
}
