// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInfrastructure } from '@nervus/local-infrastructure';
import type { KafkaClient } from '@nervus/messaging';
import type { KafkaConnection } from '@nervus/messaging/adapter';
import { mongoUri } from '../infrastructure.js';
import type { ConformanceBroker } from './world.js';

/** Other test runs may share the machine. */
export const readyTimeoutMs = 120_000;

/** Makes a client of the adapter that is tested. */
export type ClientFactory = (connection: KafkaConnection & { readonly instanceId?: string }) => KafkaClient;

/**
 * A real broker of a suite's own, since the suite takes it down.
 * @param ports preferred ones, different for each adapter, as their suites may run side by side
 */
export async function kafkaBroker(kafkaClient: 'kafkajs' | 'platformatic', create: ClientFactory, ports: { readonly broker: number; readonly controller: number }): Promise<ConformanceBroker> {
  const dataDir = await mkdtemp(join(tmpdir(), `nervus-${kafkaClient}-`));
  const infrastructure = await startInfrastructure({ dataDir, database: 'memory', mongoUri: mongoUri(), ports, readyTimeoutMs });
  const { brokers } = infrastructure.kafka;
  return {
    client: (options = {}) => create({ brokers, clientId: 'conformance', log: () => undefined, ...options }),
    takeDown: () => infrastructure.takeDown('broker', { signal: 'SIGKILL' }),
    bringUp: () => infrastructure.bringUp('broker'),
    process: { brokers, kafkaClient },
    close: async () => {
      await infrastructure.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
