// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { clientProtocol, type SecureBroker, securityProperties } from './broker-security.js';
import { type BrokerNode, replicationOf } from './cluster.js';

/** The id of a new cluster, different for every data folder: it tells whether the broker that answers on a port is ours. */
export function newClusterId(dataDir: string): string {
  // A Kafka Uuid: 16 bytes as base64url. One that began with a dash would be taken for an option.
  const hash = createHash('sha256').update(resolve(dataDir)).digest();
  hash[0] = (hash[0] ?? 0) & 0x7f;
  return hash.subarray(0, 16).toString('base64url');
}

/** The id in the `meta.properties` that the format has left in a data folder. */
export const clusterIdIn = (metaProperties: string): string | undefined => /^cluster\.id=(.+)$/m.exec(metaProperties)?.[1]?.trim();

/** Of the topic that holds the offsets of consumer groups: each has its own coordinator, which loads it at start. */
export const offsetsPartitions = 5;

export interface BrokerSettings {
  readonly node: BrokerNode;
  /** All of the cluster, this one too. */
  readonly nodes: readonly BrokerNode[];
  /** The address listened on: loopback, or all of a container's, whose ports are published to loopback only. */
  readonly bind: '127.0.0.1' | '0.0.0.0';
  readonly logDirs: string;
  /** Undefined for a broker that lets anybody in. */
  readonly secure?: SecureBroker | undefined;
  readonly overrides: Readonly<Record<string, string>>;
}

/** `server.properties` of a node that is broker and controller: small, without automatic topics, quick to come back. */
export function brokerProperties({ node, nodes, bind, logDirs, secure, overrides }: BrokerSettings): Readonly<Record<string, string>> {
  const { factor, minInSync } = replicationOf(nodes.length);
  return {
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    'controller.quorum.voters': nodes.map(({ id, ports }) => `${id}@127.0.0.1:${ports.controller}`).join(','),
    ...listeners(node, bind, secure),
    'log.dirs': logDirs,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': String(factor),
    'min.insync.replicas': String(minInSync),
    'offsets.topic.replication.factor': String(factor),
    'offsets.topic.num.partitions': String(offsetsPartitions),
    'transaction.state.log.replication.factor': String(factor),
    'transaction.state.log.min.isr': String(minInSync),
    'transaction.state.log.num.partitions': '3',
    'share.coordinator.state.topic.replication.factor': String(factor),
    'share.coordinator.state.topic.min.isr': String(minInSync),
    // A killed process is missed after ten seconds, whichever protocol its group speaks, and a new member waits for nobody.
    'group.initial.rebalance.delay.ms': '0',
    'group.consumer.min.session.timeout.ms': '10000',
    'group.consumer.session.timeout.ms': '10000',
    'group.consumer.assignment.interval.ms': '0',
    'num.network.threads': '2',
    'num.io.threads': '4',
    'log.cleaner.dedupe.buffer.size': '4194304',
    ...liveliness(nodes.length),
    ...overrides,
  };
}

/** A plain broker has one way in for everybody, a secure one another for the brokers themselves and the administrator. */
function listeners({ ports }: BrokerNode, bind: string, secure: SecureBroker | undefined): Readonly<Record<string, string>> {
  const waysIn: readonly (readonly [string, number | undefined, string])[] = secure ? [['CLIENT', ports.broker, clientProtocol(secure.security)], ['INTERNAL', ports.administration, 'SSL']] : [['PLAINTEXT', ports.broker, 'PLAINTEXT']];
  const controllerProtocol = secure ? 'SSL' : 'PLAINTEXT';
  return {
    'listeners': [...waysIn.map(([name, port]) => `${name}://${bind}:${port}`), `CONTROLLER://127.0.0.1:${ports.controller}`].join(','),
    'advertised.listeners': waysIn.map(([name, port]) => `${name}://127.0.0.1:${port}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': secure ? 'INTERNAL' : 'PLAINTEXT',
    'listener.security.protocol.map': [`CONTROLLER:${controllerProtocol}`, ...waysIn.map(([name, , protocol]) => `${name}:${protocol}`)].join(','),
    ...(secure && securityProperties(secure)),
  };
}

/**
 * After a kill the registration must time out before the next start can be ready, or another broker can take over: short
 * timeouts make that quick. Several brokers have each other to wait for on a busy machine, so theirs are longer, lest
 * one that is merely slow be counted out.
 */
const liveliness = (brokers: number): Readonly<Record<string, string>> => ({ 'broker.session.timeout.ms': brokers === 1 ? '2000' : '5000', 'broker.heartbeat.interval.ms': '500' });

/** The text that `java.util.Properties` reads back as these entries; the file is ISO 8859-1, everything else is escaped. */
export function renderProperties(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties).map(([key, value]) => `${escape(key, /[\\:=#! \t]/g)}=${escape(value, /\\|^[ \t]/g)}\n`).join('');
}

function escape(text: string, special: RegExp): string {
  return text
    .replaceAll(special, (character) => `\\${character}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll(/[^\x20-\x7e\t]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same entries as the environment of the image `apache/kafka`, which writes its `server.properties` from it. */
export function asImageEnvironment(properties: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [`KAFKA_${key.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_').toUpperCase()}`, value]),
  );
}
