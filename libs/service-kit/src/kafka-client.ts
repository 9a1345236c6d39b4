// SPDX-License-Identifier: Apache-2.0
import type { KafkaClient } from '@nervus/messaging';
import type { KafkaConnection, KafkaLog } from '@nervus/messaging/adapter';
import { createKafkaJsClient } from '@nervus/messaging-kafkajs';
import { createPlatformaticClient } from '@nervus/messaging-platformatic';
import { ConfigError, type KitConfig } from './config.js';
import { kafkaSecurity, type KafkaSecurityConfig } from './kafka-security.js';

/**
 * The Kafka client that the configuration chooses; it connects nothing yet.
 * @param name of this client in the broker's logs and quotas
 * @throws ConfigError when the chosen client cannot do what is configured, or the variables of its security do not fit together
 */
export function createKafkaClient(config: Pick<KitConfig, 'kafkaBrokers' | 'kafkaClient' | 'instance'> & Partial<KafkaSecurityConfig>, name: string, log: KafkaLog): KafkaClient {
  const { kafkaClient, instance } = config;
  const connection: KafkaConnection = { brokers: config.kafkaBrokers.split(','), clientId: name, ...kafkaSecurity(config), log };
  if (kafkaClient === 'platformatic') return createPlatformaticClient({ ...connection, ...(instance === '' ? {} : { instanceId: instance }) });
  if (instance !== '') throw new ConfigError('NERVUS_INSTANCE is set, but kafkajs knows no members that come back under their name: choose KAFKA_CLIENT=platformatic, or leave NERVUS_INSTANCE out');
  return createKafkaJsClient(connection);
}
