// SPDX-License-Identifier: Apache-2.0
import { kafkaBroker, runMessagingConformance } from '@nervus/testing';
import { createKafkaJsClient } from '../src/index.js';

runMessagingConformance({
  name: 'kafkajs',
  connect: () => kafkaBroker('kafkajs', createKafkaJsClient, { broker: 22_092, controller: 22_093 }),
  secured: createKafkaJsClient,
});
