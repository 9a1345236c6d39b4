// SPDX-License-Identifier: Apache-2.0
import type { KafkaConnection } from '@nervus/messaging/adapter';
import { Type } from 'typebox';
import { ConfigError, KitConfig, loadConfig } from './config.js';
import { kafkaSecurity, KafkaSecurityConfig } from './kafka-security.js';

export { ConfigError };

const Connection = Type.Object({ kafkaBrokers: KitConfig.properties.kafkaBrokers, ...KafkaSecurityConfig.properties });

/**
 * Where Kafka is and how to get in, from the variables that services are configured with. For tools: a subpath of its
 * own, which loads no framework.
 * @throws ConfigError that names the variables
 */
export function kafkaConnection(environment: Readonly<Record<string, string | undefined>>): Pick<KafkaConnection, 'brokers' | 'ssl' | 'sasl'> {
  const { kafkaBrokers, ...security } = loadConfig(Connection, environment);
  return { brokers: kafkaBrokers.split(','), ...kafkaSecurity(security) };
}
