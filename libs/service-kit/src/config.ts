// SPDX-License-Identifier: Apache-2.0
import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { ConfigError } from './config-error.js';
import { KafkaSecurityConfig } from './kafka-security.js';

/** Names the environment variable of a field when it is not `NERVUS_` and the field's name in upper snake case. */
export interface ConfigField {
  env?: string;
}

export { ConfigError };

/** What every service is configured with. */
export const KitConfig = Type.Object({
  kafkaBrokers: Type.String({ env: 'KAFKA_BROKERS', minLength: 3, description: 'Kafka bootstrap addresses, `host:port` joined by commas' }),
  kafkaClient: Type.Union([Type.Literal('kafkajs'), Type.Literal('platformatic')], { env: 'KAFKA_CLIENT', default: 'kafkajs', description: 'Kafka client library; `platformatic` needs Kafka 4.0 or later (see docs/messaging-clients.md)' }),
  instance: Type.String({ default: '', pattern: '^[A-Za-z0-9._-]{0,200}$', description: 'name of this process that survives its restart, such as its pod: its partitions wait for it; empty means none. Needs KAFKA_CLIENT=platformatic' }),
  ...KafkaSecurityConfig.properties,
  mongodbUri: Type.String({ env: 'MONGODB_URI', pattern: '^mongodb(\\+srv)?://', description: 'MongoDB connection string; each service has its own database in it' }),
  database: Type.Optional(Type.String({ pattern: '^[a-z0-9_-]{1,38}$', description: 'database name; default `nervus_<service>`' })),
  topicPrefix: Type.String({ default: '', pattern: '^[a-z0-9.-]{0,40}$', description: 'put before every topic and group name; part of what is signed' }),
  trustDomain: Type.String({ default: 'nervus.local', pattern: '^[a-z0-9.-]{1,100}$', description: 'SPIFFE trust domain' }),
  trustBundle: Type.String({ description: 'path of trust-bundle.json: the root keys and the enrolment key of identity' }),
  trustBundleThumbprint: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: 'base64url SHA-256 of the trust bundle in JCS form: pins it' }),
  tokenFile: Type.String({ default: '', description: 'path of the short-lived token that proves where this process runs; read at each enrolment' }),
  managementHost: Type.String({ default: '127.0.0.1', description: 'address of the management port' }),
  managementPort: Type.Integer({ default: 0, minimum: 0, maximum: 65_535, description: 'port of /health/live, /health/ready and /metrics; 0 takes a free one' }),
  httpHost: Type.String({ default: '127.0.0.1', description: 'address of the public port, for services that have one' }),
  httpPort: Type.Integer({ default: 0, minimum: 0, maximum: 65_535, description: 'public port, for services that have one; 0 takes a free one' }),
  logLevel: Type.Union([Type.Literal('debug'), Type.Literal('info'), Type.Literal('warn'), Type.Literal('error')], { default: 'info', description: 'least level that is logged' }),
  drainSeconds: Type.Integer({ default: 20, minimum: 1, maximum: 300, description: 'seconds to finish what is in hand when stopping' }),
  keyRenewSeconds: Type.Integer({ default: 0, minimum: 0, maximum: 3_600, description: 'seconds after which the workload key is renewed; 0 means half of its life' }),
  staleAfterSeconds: Type.Integer({ default: 5, minimum: 3, maximum: 60, description: 'age in seconds of the last pulse from which tiers 2 and 3 are held' }),
  otlpEndpoint: Type.String({ default: '', description: 'OTLP/HTTP endpoint for traces; empty sends none' }),
});
export type KitConfig = Static<typeof KitConfig>;

/** Environment variable of a field. */
export function environmentName(field: string, schema: TSchema): string {
  return (schema as ConfigField).env ?? `NERVUS_${field.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/**
 * Reads a configuration from environment variables, once, at start. Every fault is named in one message, with the
 * variable, what was expected and what the field is for.
 * @throws ConfigError
 */
export function loadConfig<T extends TProperties>(schema: TObject<T>, environment: Readonly<Record<string, string | undefined>>): Static<TObject<T>> {
  const given: Record<string, unknown> = {};
  for (const [field, property] of Object.entries(schema.properties)) {
    const text = environment[environmentName(field, property)];
    if (text !== undefined && text !== '') given[field] = text;
  }
  const value = Value.Default(schema, Value.Convert(schema, given));
  const faults = new Map<string, string>();
  for (const error of Value.Errors(schema, value)) {
    const field = /required properties? (.*)/.test(error.message) ? '' : (error.instancePath.split('/')[1] ?? '');
    const names = field === '' ? Object.keys(schema.properties).filter((name) => missing(schema, name, value)) : [field];
    for (const name of names) {
      const property = schema.properties[name];
      if (!property || faults.has(name)) continue;
      faults.set(name, `${environmentName(name, property)}: ${field === '' ? 'is not set' : error.message} (${(property as { description?: string }).description ?? name})`);
    }
  }
  if (faults.size > 0) throw new ConfigError(`the configuration is not usable:\n  ${[...faults.values()].join('\n  ')}`);
  return value as Static<TObject<T>>;
}

function missing(schema: TObject, name: string, value: unknown): boolean {
  const required: readonly string[] = schema.required ?? [];
  return required.includes(name) && (value as Readonly<Record<string, unknown>>)[name] === undefined;
}
