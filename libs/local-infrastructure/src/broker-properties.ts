// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

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
  readonly ports: { readonly broker: number; readonly controller: number };
  /** The address listened on: loopback, or all of a container's, whose ports are published to loopback only. */
  readonly bind: '127.0.0.1' | '0.0.0.0';
  readonly logDirs: string;
  readonly overrides: Readonly<Record<string, string>>;
}

/** `server.properties` of a single node that is broker and controller: small, without automatic topics, quick to come back. */
export function brokerProperties({ ports, bind, logDirs, overrides }: BrokerSettings): Readonly<Record<string, string>> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    'listeners': `PLAINTEXT://${bind}:${ports.broker},CONTROLLER://127.0.0.1:${ports.controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${ports.broker}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': logDirs,
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': String(offsetsPartitions),
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '3',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'num.network.threads': '2',
    'num.io.threads': '4',
    'log.cleaner.dedupe.buffer.size': '4194304',
    // After a kill the old registration must time out first: these two make it 6 s until the next start is ready, not 14.
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '500',
    ...overrides,
  };
}

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
