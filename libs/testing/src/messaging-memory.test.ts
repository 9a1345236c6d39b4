// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '@nervus/messaging';
import { MemoryBroker } from '@nervus/messaging/testing';
import { runMessagingConformance } from './messaging-conformance.js';

runMessagingConformance({
  name: 'memory',
  connect: async () => {
    const broker = new MemoryBroker(systemClock);
    return {
      client: () => broker.client(),
      crash: (groupId) => broker.crash(groupId),
      takeDown: async () => broker.stop(),
      bringUp: async () => broker.start(),
      close: async () => undefined,
    };
  },
});
