// SPDX-License-Identifier: Apache-2.0
// One process of the bare pipeline: eachBatch, parse, stringify, one send, commit. No signature, no database, no
// dedupe: the floor that a hop of the mesh is compared with.
import { Kafka, logLevel, Partitioners } from 'kafkajs';

const [brokers = '', from = '', to = ''] = process.argv.slice(2);
const kafka = new Kafka({ brokers: brokers.split(','), clientId: `bare-${from}`, logLevel: logLevel.NOTHING });
const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner: Partitioners.DefaultPartitioner });
const consumer = kafka.consumer({ groupId: `bare-${from}`, maxWaitTimeInMs: 1000, minBytes: 1 });
await producer.connect();
await consumer.connect();
await consumer.subscribe({ topic: from, fromBeginning: true });
consumer.on(consumer.events.GROUP_JOIN, () => process.send?.('joined'));
await consumer.run({
  eachBatchAutoResolve: false,
  partitionsConsumedConcurrently: 3,
  eachBatch: async (payload) => {
    const { batch } = payload;
    const messages = batch.messages.map((message) => ({ key: message.key, value: JSON.stringify(JSON.parse(String(message.value))) }));
    await producer.send({ topic: to, messages, acks: -1 });
    payload.resolveOffset(batch.lastOffset());
    await payload.heartbeat();
    await payload.commitOffsetsIfNecessary();
  },
});
process.on('SIGTERM', () => {
  Promise.all([consumer.disconnect(), producer.disconnect()]).then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
