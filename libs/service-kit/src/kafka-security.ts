// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import type { KafkaConnection } from '@nervus/messaging/adapter';
import { type Static, Type } from 'typebox';
import { ConfigError } from './config-error.js';
import { freshToken } from './fresh-token.js';

/** How a service proves to Kafka who it is. Secrets are files, never variables, and are read when they are needed. */
export const KafkaSecurityConfig = Type.Object({
  kafkaSecurityProtocol: Type.Union([Type.Literal('PLAINTEXT'), Type.Literal('SSL'), Type.Literal('SASL_PLAINTEXT'), Type.Literal('SASL_SSL')], { default: 'PLAINTEXT', env: 'KAFKA_SECURITY_PROTOCOL', description: 'what the Kafka listener speaks: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL' }),
  kafkaSaslMechanism: Type.Optional(Type.Union([Type.Literal('SCRAM-SHA-512'), Type.Literal('PLAIN'), Type.Literal('OAUTHBEARER')], { env: 'KAFKA_SASL_MECHANISM', description: 'with SASL_PLAINTEXT and SASL_SSL: SCRAM-SHA-512, PLAIN or OAUTHBEARER' })),
  kafkaUsername: Type.String({ default: '', env: 'KAFKA_USERNAME', description: 'user, with SCRAM-SHA-512 and PLAIN' }),
  kafkaPasswordFile: Type.String({ default: '', env: 'KAFKA_PASSWORD_FILE', description: 'path of the password, with SCRAM-SHA-512 and PLAIN; read at each authentication' }),
  kafkaTokenFile: Type.String({ default: '', env: 'KAFKA_TOKEN_FILE', description: 'path of the short-lived token, with OAUTHBEARER; read at each authentication' }),
  kafkaCaFile: Type.String({ default: '', env: 'KAFKA_CA_FILE', description: 'path of the PEM certificates of the authorities that brokers are believed by; empty means those of the system' }),
  kafkaCertFile: Type.String({ default: '', env: 'KAFKA_CERT_FILE', description: 'path of the PEM certificate of this service, for mutual TLS; read at each connection' }),
  kafkaKeyFile: Type.String({ default: '', env: 'KAFKA_KEY_FILE', description: 'path of the PEM private key of that certificate' }),
});
export type KafkaSecurityConfig = Static<typeof KafkaSecurityConfig>;

/** What is in files is read whenever a property is, or a token asked for, so that they may be renewed meanwhile. */
export type KafkaSecurity = Pick<KafkaConnection, 'ssl' | 'sasl'>;

const fields = {
  kafkaSaslMechanism: 'KAFKA_SASL_MECHANISM', kafkaUsername: 'KAFKA_USERNAME', kafkaPasswordFile: 'KAFKA_PASSWORD_FILE', kafkaTokenFile: 'KAFKA_TOKEN_FILE', kafkaCaFile: 'KAFKA_CA_FILE', kafkaCertFile: 'KAFKA_CERT_FILE', kafkaKeyFile: 'KAFKA_KEY_FILE',
} as const;
type Field = keyof typeof fields;

const files = ['kafkaPasswordFile', 'kafkaTokenFile', 'kafkaCaFile', 'kafkaCertFile', 'kafkaKeyFile'] as const;
const tlsFields = ['kafkaCaFile', 'kafkaCertFile', 'kafkaKeyFile'] as const;
const passwordFields = ['kafkaUsername', 'kafkaPasswordFile'] as const;

/**
 * Checks that what is set fits together and that every file can be read.
 * @throws ConfigError one sentence that names the variables
 */
export function kafkaSecurity(config: Partial<KafkaSecurityConfig>): KafkaSecurity {
  const { kafkaSecurityProtocol: protocol = 'PLAINTEXT', kafkaSaslMechanism: mechanism } = config;
  const [sasl, tls] = [protocol.startsWith('SASL_'), protocol.endsWith('SSL')];
  if (!sasl) refuse(config, ['kafkaSaslMechanism', ...passwordFields, 'kafkaTokenFile'], `KAFKA_SECURITY_PROTOCOL is ${protocol}`, 'set it to SASL_SSL');
  if (!tls) refuse(config, tlsFields, `KAFKA_SECURITY_PROTOCOL is ${protocol}`, `set it to ${sasl ? 'SASL_SSL' : 'SSL or SASL_SSL'}`);
  if (sasl && !mechanism) throw new ConfigError(`KAFKA_SECURITY_PROTOCOL is ${protocol}, but KAFKA_SASL_MECHANISM is not set: set it to SCRAM-SHA-512, PLAIN or OAUTHBEARER`);
  if (mechanism === 'OAUTHBEARER') {
    refuse(config, passwordFields, 'KAFKA_SASL_MECHANISM is OAUTHBEARER', 'set it to SCRAM-SHA-512 or PLAIN');
    need(config, ['kafkaTokenFile'], 'KAFKA_SASL_MECHANISM is OAUTHBEARER');
  } else if (mechanism) {
    refuse(config, ['kafkaTokenFile'], `KAFKA_SASL_MECHANISM is ${mechanism}`, 'set it to OAUTHBEARER');
    need(config, passwordFields, `KAFKA_SASL_MECHANISM is ${mechanism}`);
  }
  if (isSet(config, 'kafkaCertFile') !== isSet(config, 'kafkaKeyFile')) throw new ConfigError('of KAFKA_CERT_FILE and KAFKA_KEY_FILE only one is set: set both, or neither');
  for (const field of files) if (isSet(config, field)) read(config, field);
  return { ...(tls && { ssl: tlsOf(config) }), ...(mechanism && { sasl: saslOf(config, mechanism) }) };
}

/** Properties that are read anew each time; those of what is not set are not there at all, as `node:tls` wants it. */
function tlsOf(config: Partial<KafkaSecurityConfig>): NonNullable<KafkaSecurity['ssl']> {
  const tls = {};
  for (const [property, field] of [['ca', 'kafkaCaFile'], ['cert', 'kafkaCertFile'], ['key', 'kafkaKeyFile']] as const) {
    if (isSet(config, field)) Object.defineProperty(tls, property, { enumerable: true, get: () => read(config, field) });
  }
  return tls;
}

function saslOf(config: Partial<KafkaSecurityConfig>, mechanism: NonNullable<KafkaSecurityConfig['kafkaSaslMechanism']>): NonNullable<KafkaSecurity['sasl']> {
  if (mechanism === 'OAUTHBEARER') {
    return { mechanism: 'oauthbearer', token: () => freshToken(() => read(config, 'kafkaTokenFile').toString('utf8').trim()) };
  }
  return {
    mechanism: mechanism === 'PLAIN' ? 'plain' : 'scram-sha-512',
    username: config.kafkaUsername ?? '',
    get password() {
      return read(config, 'kafkaPasswordFile').toString('utf8').trim();
    },
  };
}

const isSet = (config: Partial<KafkaSecurityConfig>, field: Field): boolean => (config[field] ?? '') !== '';

function refuse(config: Partial<KafkaSecurityConfig>, unwanted: readonly Field[], because: string, remedy: string): void {
  const set = unwanted.filter((field) => isSet(config, field)).map((field) => fields[field]);
  if (set.length > 0) throw new ConfigError(`${because}, which makes no use of ${set.join(', ')}: ${remedy}, or leave ${set.length > 1 ? 'them' : 'it'} away`);
}

function need(config: Partial<KafkaSecurityConfig>, wanted: readonly Field[], because: string): void {
  const missing = wanted.filter((field) => !isSet(config, field)).map((field) => fields[field]);
  if (missing.length > 0) throw new ConfigError(`${because}, which needs ${missing.join(' and ')}: set ${missing.length > 1 ? 'them' : 'it'}`);
}

function read(config: Partial<KafkaSecurityConfig>, field: (typeof files)[number]): Buffer {
  try {
    const content = readFileSync(config[field] ?? '');
    if (content.length > 0) return content;
  } catch (error) {
    throw new ConfigError(`${fields[field]} names ${config[field]}, which cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new ConfigError(`${fields[field]} names ${config[field]}, which is empty`);
}
