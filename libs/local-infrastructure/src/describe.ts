// SPDX-License-Identifier: Apache-2.0
import type { DatabaseInfo, Infrastructure } from './options.js';

const authentications = { mtls: 'mutual TLS', scram: 'TLS and SCRAM-SHA-512', oauth: 'TLS and OAUTHBEARER' };

/** One line for people: what runs, how it was started, where. */
export function describeInfrastructure(kind: Infrastructure['kind'], kafka: Infrastructure['kafka'], database: DatabaseInfo, dataDir: string): string {
  const how = { external: 'external', docker: 'started with Docker', java: 'started with Java' };
  const several = !kafka.external && kafka.brokers.length > 1 ? `${kafka.brokers.length} brokers of ` : '';
  const broker = kafka.external ? 'Kafka' : `${several}Apache Kafka ${kafka.version}`;
  const name = database.kind === 'mongodb' ? `MongoDB ${database.version}` : `${database.version === 'unknown' ? 'mongo-java-server' : `mongo-java-server ${database.version}`} (a MongoDB stand-in${database.storage === 'external' ? '' : `, ${database.storage}`})`;
  const who = kafka.access ? `, ${authentications[kafka.access.authentication]}, with access rules` : '';
  const parts = [`${broker} at ${kafka.brokers.join(',')}, ${how[kafka.external ? 'external' : kind]}${who}`, `${name} at ${withoutPassword(database.uri)}, ${how[database.storage === 'external' ? 'external' : kind]}`];
  return `Infrastructure: ${parts.join('; ')}${kind === 'external' ? '' : `; data in ${dataDir}`}`;
}

/** The connection string as it may be printed. */
export function withoutPassword(uri: string): string {
  return uri.replace(/^([a-z+]+:\/\/)([^/?]*)@/, (_, scheme: string, userinfo: string) => `${scheme}${userinfo.replace(/:.*$/s, ':***')}@`);
}
