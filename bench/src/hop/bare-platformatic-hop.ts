// SPDX-License-Identifier: Apache-2.0
// The floor for @platformatic/kafka: what was fetched, parse, stringify, one send, commit. No signature, no check, no
// database.
import { Consumer, type Message, ProduceAcks, Producer } from '@platformatic/kafka';
import type { BareHopPlace } from './hop-messages.js';
import { failHop, serveHop } from './serve-hop.js';

const { brokers, input, output } = JSON.parse(process.argv[2]!) as BareHopPlace;
const producer = new Producer({ clientId: 'bare', bootstrapBrokers: [...brokers], idempotent: true, acks: ProduceAcks.ALL });

serveHop(async (run, acknowledged) => {
  const consumer = new Consumer({ clientId: 'bare', bootstrapBrokers: [...brokers], groupId: `bare-${run.name}` });
  const stream = await consumer.consume({ topics: [input], mode: 'committed', fallbackMode: run.from === 'beginning' ? 'earliest' : 'latest', autocommit: false, maxWaitTime: 1000, minBytes: 1, maxBytesPerPartition: 256 * 1024 });
  const stopping = new AbortController();
  let wake = (): void => undefined;
  // The stream fetches only while somebody listens.
  stream.on('readable', () => wake());
  stream.on('close', () => wake());

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      const fetched: Message[] = [];
      for (let message = stream.read() as Message | null; message; message = stream.read() as Message | null) fetched.push(message);
      if (fetched.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const messages = fetched.map(({ key, value }) => ({ topic: output, key, value: Buffer.from(JSON.stringify(JSON.parse(String(value)))) }));
      await producer.send({ messages });
      acknowledged(messages.length);
      // The last of each partition: a map keeps the newest value of a key.
      const last = new Map(fetched.map((message) => [message.partition, message]));
      await consumer.commit({ offsets: [...last.values()].map(({ topic, partition, offset, leaderEpoch }) => ({ topic, partition, offset: offset + 1n, leaderEpoch: leaderEpoch ?? -1 })) });
    }
  }

  const working = work();
  working.catch(failHop);
  return {
    stop: async () => {
      stopping.abort();
      await stream.close();
      await working;
      await consumer.close();
    },
  };
});
