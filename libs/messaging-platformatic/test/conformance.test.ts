// SPDX-License-Identifier: Apache-2.0
import { kafkaBroker, runMessagingConformance } from '@nervus/testing';
import { createPlatformaticClient } from '../src/index.js';

runMessagingConformance({
  name: 'platformatic',
  connect: () => kafkaBroker('platformatic', createPlatformaticClient, { broker: 23_092, controller: 23_093 }),
  secured: createPlatformaticClient,
});
