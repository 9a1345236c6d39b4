// SPDX-License-Identifier: Apache-2.0
import { mongoUri, uniqueName } from '@nervus/testing';
import { Partitioners, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Infrastructure } from '../src/index.js';
import { identityOf } from '../src/process-identity.js';
import { LocalFolder } from './local-folder.js';
import { allValues, createTopic, kafka } from './records.js';

const folder = new LocalFolder();
const options = { brokers: 3, mongoUri: mongoUri(), ports: { broker: 30_092, controller: 30_093 }, readyTimeoutMs: 180_000 } as const;
let infrastructure: Infrastructure;

beforeAll(async () => {
  infrastructure = await folder.start(options);
}, 200_000);
afterAll(async () => {
  await infrastructure.stop();
  folder[Symbol.dispose]();
});

/** One that keeps trying, and never sends twice what was acknowledged late. */
async function patientProducer(): Promise<Producer> {
  const producer = kafka(infrastructure.kafka.brokers).producer({ createPartitioner: Partitioners.DefaultPartitioner, allowAutoTopicCreation: false, idempotent: true, retry: { retries: 60, initialRetryTime: 100, maxRetryTime: 1000 } });
  await producer.connect();
  return producer;
}

async function inSync(topic: string): Promise<Set<number>> {
  const admin = kafka(infrastructure.kafka.brokers).admin();
  await admin.connect();
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  await admin.disconnect();
  return new Set(topics[0]?.partitions[0]?.isr);
}

// Each restart waits until a broker has caught up, which takes its time on a busy machine.
describe('three brokers', { timeout: 300_000 }, () => {
  it('go on while the one that leads is killed in the middle of writes, and nothing acknowledged is lost', async () => {
    const topic = uniqueName('failover');
    await createTopic(kafka(infrastructure.kafka.brokers), topic, 3);
    const leader = await infrastructure.leaderOf(topic);
    expect(leader).toBeDefined();
    const producer = await patientProducer();
    const acknowledged: string[] = [];
    let killed: Promise<void> | undefined;
    for (let n = 0; n < 600; n += 1) {
      await producer.send({ topic, acks: -1, messages: [{ value: String(n) }] });
      acknowledged.push(String(n));
      if (n === 200) killed = infrastructure.takeDown(leader!, { signal: 'SIGKILL' });
    }
    await killed;
    await producer.disconnect();
    // Still down: what follows was written by the other two alone.
    expect(infrastructure.processes.map(({ name }) => name)).toHaveLength(2);
    expect(await infrastructure.leaderOf(topic)).not.toBe(leader);
    await expect(allValues(kafka(infrastructure.kafka.brokers), topic)).resolves.toEqual(acknowledged);
    await infrastructure.bringUp(leader!);
  });

  it('may be restarted one after the other, each caught up before the next: writes never stop for good', async () => {
    const topic = uniqueName('rolling');
    await createTopic(kafka(infrastructure.kafka.brokers), topic, 3);
    const producer = await patientProducer();
    const over = new AbortController();
    const acknowledged: string[] = [];
    const writing = (async () => {
      for (let n = 0; !over.signal.aborted; n += 1) {
        await producer.send({ topic, acks: -1, messages: [{ value: String(n) }] });
        acknowledged.push(String(n));
      }
    })();
    for (const name of ['broker-2', 'broker', 'broker-3'] as const) {
      await infrastructure.restart(name, { signal: 'SIGTERM' });
      // Another broker may learn of it a moment later.
      await expect.poll(() => inSync(topic), { message: `in sync after the restart of ${name}` }).toEqual(new Set([1, 2, 3]));
    }
    over.abort();
    await writing;
    await producer.disconnect();
    await expect(allValues(kafka(infrastructure.kafka.brokers), topic)).resolves.toEqual(acknowledged);
  });

  it('come back with their data, all their processes ended by the stop, and as three only', async () => {
    const topic = uniqueName('kept');
    await createTopic(kafka(infrastructure.kafka.brokers), topic, 3);
    const producer = await patientProducer();
    await producer.send({ topic, acks: -1, messages: [{ value: 'kept' }] });
    await producer.disconnect();
    const { processes } = infrastructure;
    expect(processes.map(({ name }) => name)).toEqual(['broker', 'broker-2', 'broker-3']);

    await infrastructure.stop();

    expect(processes.filter(({ pid }) => identityOf(pid) !== undefined)).toEqual([]);
    await expect(folder.start({ ...options, brokers: 1 })).rejects.toMatchObject({ code: 'data_folder_of_another_profile' });
    infrastructure = await folder.start(options);
    await expect(allValues(kafka(infrastructure.kafka.brokers), topic)).resolves.toEqual(['kept']);
  });
});
