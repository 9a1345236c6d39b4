// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '@nervus/messaging';
import { MemoryBroker } from '@nervus/messaging/testing';
import { runMessagingConformance } from './messaging-conformance.js';

runMessagingConformance({
  name: 'memory',
  features: { crash: true, commitFault: true, restart: true },
  connect: async () => {
    const broker = new MemoryBroker(systemClock);
    return {
      client: () => broker.client(),
      crash: async (groupId) => broker.crash(groupId),
      failNextCommit: () => broker.faults.failNextCommit(),
      restart: async () => {
        broker.stop();
        broker.start();
      },
      close: async () => undefined,
    };
  },
});
