// SPDX-License-Identifier: Apache-2.0
import type { Consumer, ConsumerOptions, KafkaClient } from '@nervus/messaging';
import { type KafkaConnection, type KafkaSasl, StartPositions } from '@nervus/messaging/adapter';
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { KafkaJsAdmin } from './admin.js';
import { type Beginning, KafkaJsConsumer } from './consumer.js';
import { kafkaJsLog } from './log.js';
import { restAfterFetches } from './fetch-rest.js';
import { oauthBearer } from './oauth-bearer.js';
import { heartbeatDespiteClock } from './heartbeat-despite-clock.js';
import { fetchSoonAfterResume } from './paused-fetch.js';
import { KafkaJsProducer } from './producer.js';
import { decodeHeadersOnce } from './record-decoding.js';
import { encodeRecordsOnce } from './record-encoding.js';
import { rejoinAsSameMember } from './rejoin-as-same-member.js';
import { quietIdleRequestQueue } from './request-queue-idle.js';

/** Not a copy of what has a password: it may be read from a file, anew each time. */
const saslOf = (sasl: KafkaSasl): NonNullable<KafkaConfig['sasl']> => (sasl.mechanism === 'oauthbearer' ? oauthBearer(sasl.token) : (sasl as NonNullable<KafkaConfig['sasl']>));

/**
 * The kafkajs adapter of the messaging port. Making it connects nothing; each producer, consumer and admin client
 * connects by itself and rejects with a clear error when it cannot.
 *
 * @throws Error when another version of kafkajs is installed than the one its patches were judged against
 */
export function createKafkaJsClient({ brokers, clientId, ssl, sasl, log }: KafkaConnection): KafkaClient {
  quietIdleRequestQueue();
  fetchSoonAfterResume();
  restAfterFetches();
  rejoinAsSameMember();
  heartbeatDespiteClock();
  encodeRecordsOnce();
  decodeHeadersOnce();
  // One for every client of ours: kafkajs shares the offsets it knows among all consumers of one group.
  const kafka = (): Kafka =>
    new Kafka({
      brokers: [...brokers],
      clientId,
      connectionTimeout: 5_000,
      requestTimeout: 30_000,
      retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000 },
      logLevel: logLevel.INFO,
      logCreator: kafkaJsLog(log),
      ...(ssl === undefined ? {} : { ssl }),
      ...(sasl === undefined ? {} : { sasl: saslOf(sasl) }),
    });

  async function beginningOf({ groupId, topics }: ConsumerOptions): Promise<Beginning> {
    const admin = await KafkaJsAdmin.connect(kafka(), log);
    try {
      const partitions = await admin.partitionsOfAll(topics.map(({ topic }) => topic));
      const committed = await admin.committedOffsets(groupId, topics.map(({ topic }) => topic));
      const ends = await Promise.all(topics.filter(({ from }) => from === 'end').map(({ topic }) => admin.endOffsets(topic)));
      return { partitions: [...partitions.values()].reduce((sum, own) => sum + own.length, 0), positions: new StartPositions(ends.flat(), committed) };
    } finally {
      await admin.close();
    }
  }

  return {
    producer: () => KafkaJsProducer.connect(kafka()),
    consumer: async (options): Promise<Consumer> => new KafkaJsConsumer(kafka(), options, await beginningOf(options), log),
    admin: () => KafkaJsAdmin.connect(kafka(), log),
  };
}
