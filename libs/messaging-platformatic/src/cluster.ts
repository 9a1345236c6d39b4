// SPDX-License-Identifier: Apache-2.0
//
// Invariant: a broker works on one request of a connection at a time, in order. So what may wait long at the broker
// (fetches) has a Cluster, and with it connections, of its own: heartbeats and commits never stand behind it.
import { isIP } from 'node:net';
import { systemClock, within } from '@nervus/messaging';
import { type KafkaConnection, KafkaClientError, type KafkaSasl, withoutRepetition } from '@nervus/messaging/adapter';
import { type API, AuthenticationError, type Broker, type Connection, type ConnectionOptions, ConnectionPool, findCoordinatorV6, metadataV12, parseBroker, type SASLOptions } from '@platformatic/kafka';
import { type Cause, causeOf, saysCoordinatorMoved } from './errors.js';
import { backoff } from './backoff.js';

/** Which broker a request is for. */
export type Target = 'any' | { readonly node: number } | { readonly coordinatorOf: string };

/** A topic as the broker knows it. */
export interface TopicInfo {
  readonly topic: string;
  /** The UUID under which newer requests name the topic. */
  readonly id: string;
  /** The broker that leads each partition, by partition; -1 while an election is on. */
  readonly leaders: readonly number[];
}

/** Tries and their waits: about three seconds until a request is given up. */
const attempts = 6;
const firstWaitMs = 100;
const longestWaitMs = 1_000;
/** Milliseconds after which what we know of leaders is asked anew, though nobody contradicted it. */
const metadataMaxAgeMs = 5 * 60_000;
const groupKey = 0;

/** Connections to the brokers, and what is known of who does what among them. Making one connects nothing. */
export class Cluster {
  readonly #pool: ConnectionPool;
  readonly #bootstrap: Broker[];
  readonly #coordinators = new Map<string, number>();
  #brokers = new Map<number, Broker>();
  #topics = new Map<string, { readonly info: TopicInfo; readonly at: number }>();
  #closed: Promise<void> | undefined;

  constructor(connection: KafkaConnection) {
    const { brokers, clientId } = connection;
    const log = withoutRepetition(connection.log);
    this.#bootstrap = brokers.map((broker) => parseBroker(broker, 9092));
    this.#pool = new ConnectionPool(clientId, connectionOptions(connection));
    // Its connections are event emitters: an error that nobody listens to would end the process.
    this.#pool.on('connect', ({ connection: made }) => made.on('error', () => undefined));
    this.#pool.on('failed', ({ broker }) => log('warn', `no connection to ${broker.host}:${broker.port}`, {}));
    this.#pool.on('disconnect', ({ broker }) => {
      if (!this.#closed) log('info', `the connection to ${broker.host}:${broker.port} ended`, {});
    });
  }

  /** One try. @throws what the library throws */
  async call<Request extends unknown[], Answer>(to: Target, api: API<Request, Answer>, ...request: Request): Promise<Answer> {
    try {
      const connection = await this.#connectionTo(to);
      return await api.async(connection, ...request);
    } catch (error) {
      this.#learn(to, causeOf(error));
      throw error;
    }
  }

  /** As many tries as a broker may need that is busy or moves something. @throws what the last try threw */
  insist<Request extends unknown[], Answer>(to: Target, api: API<Request, Answer>, ...request: Request): Promise<Answer> {
    return this.retrying(() => this.call(to, api, ...request));
  }

  /** Runs something again while it fails with what may pass. Never inside another: the tries would multiply. */
  async retrying<T>(run: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await run();
      } catch (error) {
        if (attempt === attempts || this.#closed || !causeOf(error).transient) throw error;
        await backoff(attempt, firstWaitMs, longestWaitMs);
      }
    }
  }

  /**
   * Those of the topics that exist and that this client may see. One try.
   * @param knowledge `fresh`: asked now, not remembered
   * @throws what the library throws
   */
  async topics(names: readonly string[], knowledge: 'remembered' | 'fresh' = 'remembered'): Promise<ReadonlyMap<string, TopicInfo>> {
    const now = Date.now();
    const known = (name: string): boolean => knowledge === 'remembered' && now - (this.#topics.get(name)?.at ?? 0) < metadataMaxAgeMs;
    const missing = [...new Set(names)].filter((name) => !known(name));
    if (missing.length > 0 || this.#brokers.size === 0) await this.#ask(missing);
    return new Map(names.flatMap((name) => {
      const info = this.#topics.get(name)?.info;
      return info ? [[name, info] as const] : [];
    }));
  }

  /** What was known of a topic is wrong. */
  forget(topic: string): void {
    this.#topics.delete(topic);
  }

  /** Takes a second at most. Never rejects. */
  close(): Promise<void> {
    this.#closed ??= within(this.#pool.close(), 1_000, systemClock, 'closing the connections').catch(() => undefined);
    return this.#closed;
  }

  async #ask(names: readonly string[]): Promise<void> {
    const connection = await this.#connectionTo('any');
    const answer = await metadataV12.api.async(connection, [...names], false, false).catch((error: unknown) => {
      // One topic that is not there makes the library reject the answer about all of them; it is in the error.
      const response = (error as { response?: metadataV12.MetadataResponse }).response;
      if (!response) throw error;
      return response;
    });
    this.#brokers = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    const at = Date.now();
    for (const { errorCode, name, topicId, partitions } of answer.topics) {
      if (typeof name !== 'string') continue;
      this.#topics.delete(name);
      if (errorCode !== 0) continue;
      const leaders: number[] = [];
      for (const { partitionIndex, leaderId } of partitions) leaders[partitionIndex] = leaderId;
      this.#topics.set(name, { info: { topic: name, id: topicId, leaders }, at });
    }
  }

  async #connectionTo(to: Target): Promise<Connection> {
    if (this.#closed) throw new KafkaClientError('closed', 'the client is closed: nothing more can be asked with it', false);
    if (to === 'any') return this.#pool.getFirstAvailable([...this.#bootstrap, ...this.#brokers.values()]);
    const node = 'node' in to ? to.node : await this.#coordinatorOf(to.coordinatorOf);
    let broker = this.#brokers.get(node);
    if (!broker) {
      await this.#ask([]);
      broker = this.#brokers.get(node);
    }
    if (!broker) throw new KafkaClientError('broker_unreachable', `broker ${node} is not known to the others: wait for it to come back`, true);
    return this.#pool.get(broker);
  }

  async #coordinatorOf(group: string): Promise<number> {
    const known = this.#coordinators.get(group);
    if (known !== undefined) return known;
    const { coordinators } = await findCoordinatorV6.api.async(await this.#connectionTo('any'), groupKey, [group]);
    const node = coordinators.find(({ key }) => key === group)?.nodeId ?? -1;
    this.#coordinators.set(group, node);
    return node;
  }

  #learn(to: Target, cause: Cause): void {
    if (cause.kind === 'network') this.#brokers.clear();
    if (typeof to === 'object' && 'coordinatorOf' in to && saysCoordinatorMoved(cause)) this.#coordinators.delete(to.coordinatorOf);
  }
}

function connectionOptions({ brokers, ssl, sasl }: KafkaConnection): ConnectionOptions {
  return {
    connectTimeout: 5_000,
    requestTimeout: 30_000,
    // What is asked leaves at once; the broker keeps the order.
    maxInflights: 100,
    ...(ssl === undefined ? {} : { tls: ssl === true ? {} : ssl, tlsServerName: !brokers.some((broker) => isIP(parseBroker(broker).host) !== 0) }),
    ...(sasl === undefined ? {} : { sasl: saslOptions(sasl) }),
  };
}

const mechanisms = { 'plain': 'PLAIN', 'scram-sha-256': 'SCRAM-SHA-256', 'scram-sha-512': 'SCRAM-SHA-512', 'oauthbearer': 'OAUTHBEARER' } as const;

/** The broker answers a token that it accepts with nothing, and any other with the reason as JSON, which by itself the library overlooks. */
const acceptedToken: NonNullable<SASLOptions['authBytesValidator']> = (answer, done) => {
  if (answer.length === 0) done(null, answer);
  else done(new AuthenticationError(`SASL OAUTHBEARER authentication failed: ${answer.toString('utf8')}`));
};

/** A password is asked for at each authentication: it may be read from a file. */
function saslOptions(sasl: KafkaSasl): SASLOptions {
  const mechanism = mechanisms[sasl.mechanism];
  return sasl.mechanism === 'oauthbearer' ? { mechanism, token: sasl.token, authBytesValidator: acceptedToken } : { mechanism, username: sasl.username, password: () => sasl.password };
}
