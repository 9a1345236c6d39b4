// SPDX-License-Identifier: Apache-2.0
import type { Consumer, ConsumerOptions, KafkaClient } from '@nervus/messaging';
import { type KafkaConnection, StartPositions } from '@nervus/messaging/adapter';
import { PlatformaticAdmin } from './admin.js';
import { Cluster } from './cluster.js';
import { PlatformaticConsumer } from './consumer.js';
import { PlatformaticProducer } from './producer.js';
import { requireJudgedVersion } from './version-guard.js';

export interface PlatformaticClientOptions extends KafkaConnection {
  /**
   * A name of this process that survives its restart, such as that of a pod. With it a process that comes back within
   * the session timeout finds its partitions where it left them. No two living processes of a group may share one.
   */
  readonly instanceId?: string;
}

/**
 * The @platformatic/kafka adapter of the messaging port, for Kafka 4.0 and later. Making it connects nothing; each
 * producer, consumer and admin client connects by itself and rejects with a clear error when it cannot.
 *
 * @throws Error when another version of the library is installed than the one it was judged against
 */
export function createPlatformaticClient(options: PlatformaticClientOptions): KafkaClient {
  requireJudgedVersion();
  const { log, instanceId } = options;
  const cluster = (): Cluster => new Cluster(options);

  async function startPositions({ groupId, topics }: ConsumerOptions, group: Cluster): Promise<StartPositions> {
    const admin = await PlatformaticAdmin.connect(group, log);
    const names = topics.map(({ topic }) => topic);
    await admin.partitionsOfAll(names);
    const committed = await admin.committedOffsets(groupId, names);
    const ends = await Promise.all(topics.filter(({ from }) => from === 'end').map(({ topic }) => admin.endOffsets(topic)));
    return new StartPositions(ends.flat(), committed);
  }

  return {
    producer: () => PlatformaticProducer.connect(cluster()),
    consumer: async (wanted): Promise<Consumer> => {
      const group = cluster();
      try {
        const positions = await startPositions(wanted, group);
        return new PlatformaticConsumer({ group, fetches: cluster(), positions, instanceId, log }, wanted);
      } catch (error) {
        await group.close();
        throw error;
      }
    },
    admin: () => PlatformaticAdmin.connect(cluster(), log),
  };
}
