// SPDX-License-Identifier: Apache-2.0
// The conformance suite on a broker of its own, since it restarts it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInfrastructure } from '@nervus/local-infrastructure';
import { mongoUri, runMessagingConformance } from '@nervus/testing';
import { createKafkaJsClient } from '../src/index.js';

runMessagingConformance({
  name: 'kafkajs',
  features: { restart: true, sessionMs: 10_000 },
  connect: async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'nervus-kafkajs-'));
    const infrastructure = await startInfrastructure({ dataDir, database: 'memory', mongoUri: mongoUri(), ports: { broker: 22_092, controller: 22_093 } });
    return {
      client: () => createKafkaJsClient({ brokers: infrastructure.kafka.brokers, clientId: 'conformance', log: () => undefined }),
      restart: () => infrastructure.restart('broker', { signal: 'SIGKILL' }),
      close: async () => {
        await infrastructure.stop();
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  },
});
