// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { ConfigError } from './config.js';
import { createKafkaClient } from './kafka-client.js';

const config = { kafkaBrokers: '127.0.0.1:1', instance: '' };
const nothing = (): void => undefined;

describe('the Kafka client of a service', () => {
  it.each(['kafkajs', 'platformatic'] as const)('%s: says that no broker can be reached, instead of waiting for one for ever', async (kafkaClient) => {
    const client = createKafkaClient({ ...config, kafkaClient }, 'test', nothing);
    await expect(client.admin()).rejects.toMatchObject({ code: 'broker_unreachable', retryable: true });
  });

  it('an instance id that the client would ignore stops the start', () => {
    expect(() => createKafkaClient({ ...config, kafkaClient: 'kafkajs', instance: 'approval-0' }, 'test', nothing)).toThrow(ConfigError);
    createKafkaClient({ ...config, kafkaClient: 'platformatic', instance: 'approval-0' }, 'test', nothing);
  });
});
