// SPDX-License-Identifier: Apache-2.0
// The floor for kafkajs: eachBatch, parse, stringify, one send, commit. No signature, no check, no database.
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import type { BareHopPlace } from './hop-messages.js';
import { serveHop } from './serve-hop.js';

const { brokers, input, output } = JSON.parse(process.argv[2]!) as BareHopPlace;
const kafka = new Kafka({ brokers: [...brokers], clientId: 'bare', logLevel: logLevel.NOTHING });
const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner: Partitioners.DefaultPartitioner });
await producer.connect();

serveHop(async (run, acknowledged) => {
  // It never splits a send, and a re-published full fetch of its default, 1 MiB, would be refused.
  const consumer = kafka.consumer({ groupId: `bare-${run.name}`, maxWaitTimeInMs: 1000, minBytes: 1, maxBytesPerPartition: 256 * 1024 });
  await consumer.connect();
  await consumer.subscribe({ topic: input, fromBeginning: run.from === 'beginning' });
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: 3,
    eachBatch: async (payload) => {
      const { batch } = payload;
      const messages = batch.messages.map((message) => ({ key: message.key, value: JSON.stringify(JSON.parse(String(message.value))) }));
      await producer.send({ topic: output, messages, acks: -1 });
      acknowledged(messages.length);
      payload.resolveOffset(batch.lastOffset());
      await payload.heartbeat();
      await payload.commitOffsetsIfNecessary();
    },
  });
  await joined;
  return { stop: () => consumer.disconnect() };
});
