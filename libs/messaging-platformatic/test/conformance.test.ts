// SPDX-License-Identifier: Apache-2.0
// The conformance suite on a broker of its own, since it restarts it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInfrastructure } from '@nervus/local-infrastructure';
import { mongoUri, runMessagingConformance } from '@nervus/testing';
import { createPlatformaticClient } from '../src/index.js';

runMessagingConformance({
  name: 'platformatic',
  features: { restart: true, sessionMs: 10_000 },
  connect: async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'nervus-platformatic-'));
    const infrastructure = await startInfrastructure({ dataDir, database: 'memory', mongoUri: mongoUri(), ports: { broker: 23_092, controller: 23_093 } });
    return {
      client: () => createPlatformaticClient({ brokers: infrastructure.kafka.brokers, clientId: 'conformance', log: () => undefined }),
      restart: () => infrastructure.restart('broker', { signal: 'SIGKILL' }),
      close: async () => {
        await infrastructure.stop();
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  },
});
