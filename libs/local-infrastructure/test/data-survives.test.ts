// SPDX-License-Identifier: Apache-2.0
import { uniqueName } from '@nervus/testing';
import { type Document, MongoClient, MongoServerError } from 'mongodb';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Infrastructure } from '../src/index.js';
import { identityOf } from '../src/process-identity.js';
import { LocalFolder } from './local-folder.js';
import { allValues, createTopic, kafka, strictProducer } from './records.js';

const folder = new LocalFolder();
let infrastructure: Infrastructure;

beforeAll(async () => {
  infrastructure = await folder.start();
});
afterAll(async () => {
  await infrastructure.stop();
  folder[Symbol.dispose]();
});

interface Thing extends Document {
  _id: string;
  padding: string;
}

async function inDatabase<T>(work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(infrastructure.database.uri);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

describe('what was acknowledged', () => {
  it('is still there after a stop and a start, and the stop leaves no process', async () => {
    const topic = uniqueName('survives');
    const client = kafka(infrastructure.kafka.brokers);
    await createTopic(client, topic);
    const producer = await strictProducer(client);
    await producer.send({ topic, acks: -1, messages: [{ value: 'kept' }] });
    await producer.disconnect();
    await inDatabase((mongo) => mongo.db(topic).collection('things').insertOne({ value: 'kept' }));
    const before = infrastructure.processes;
    expect(before.map(({ name }) => name)).toEqual(['broker', 'database']);
    for (const { pid } of before) expect(identityOf(pid)).toBeDefined();

    await infrastructure.stop();

    for (const { pid } of before) expect(identityOf(pid)).toBeUndefined();
    expect(infrastructure.processes).toEqual([]);
    expect(readdirSync(folder.path)).not.toContain('launcher.lock');

    infrastructure = await folder.start();
    await expect(allValues(kafka(infrastructure.kafka.brokers), topic)).resolves.toEqual(['kept']);
    await expect(inDatabase((mongo) => mongo.db(topic).collection('things').find().toArray())).resolves.toMatchObject([{ value: 'kept' }]);
  });

  it('is in the broker after it was killed in the middle of writes', async () => {
    const topic = uniqueName('killed');
    const client = kafka(infrastructure.kafka.brokers);
    await createTopic(client, topic);
    const producer = await strictProducer(client);
    const acknowledged: string[] = [];
    const killAfter = 2000;
    let killed: Promise<void> | undefined;
    const send = async (sender: number): Promise<void> => {
      for (let n = 0; ; n += 1) {
        const value = `${sender}-${n}`;
        try {
          await producer.send({ topic, acks: -1, messages: [{ value }] });
        } catch (error) {
          // Before the kill nothing may fail; after it everything does.
          if (!killed) throw error;
          return;
        }
        acknowledged.push(value);
        if (acknowledged.length >= killAfter) killed ??= infrastructure.takeDown('broker', { signal: 'SIGKILL' });
      }
    };
    await Promise.all(Array.from({ length: 16 }, (_, sender) => send(sender)));
    await killed;
    await producer.disconnect().catch(() => {});
    await infrastructure.bringUp('broker');

    const found = new Set(await allValues(kafka(infrastructure.kafka.brokers), topic));
    expect(acknowledged.length).toBeGreaterThanOrEqual(killAfter);
    expect(acknowledged.filter((value) => !found.has(value))).toEqual([]);
  });

  it('is in the database after it was killed in the middle of writes, and no document is half there', async () => {
    const name = uniqueName('killed');
    const attempted: string[] = [];
    const acknowledged: string[] = [];
    const padding = 'x'.repeat(700);
    const killAfter = 500;
    let killed: Promise<void> | undefined;
    await inDatabase(async (mongo) => {
      const things = mongo.db(name).collection<Thing>('things');
      const write = async (writer: number): Promise<void> => {
        for (let n = 0; ; n += 1) {
          const id = `${writer}-${n}`;
          attempted.push(id);
          try {
            await things.insertOne({ _id: id, padding });
          } catch (error) {
            if (!killed) throw error;
            return;
          }
          acknowledged.push(id);
          if (acknowledged.length >= killAfter) killed ??= infrastructure.takeDown('database', { signal: 'SIGKILL' });
        }
      };
      await Promise.all(Array.from({ length: 16 }, (_, writer) => write(writer)));
      await killed;
    });
    await infrastructure.bringUp('database');

    await inDatabase(async (mongo) => {
      const things = mongo.db(name).collection<Thing>('things');
      const found = new Map((await things.find().toArray()).map(({ _id: id, padding }) => [id, padding]));
      expect(acknowledged.length).toBeGreaterThanOrEqual(killAfter);
      expect(acknowledged.filter((id) => found.get(id) !== padding)).toEqual([]);
      // A torn document is in the data and not in the index, or the other way round: inserting it again tells.
      for (const id of attempted) {
        const outcome = await things.insertOne({ _id: id, padding }).then(() => 'inserted', (error: unknown) => (error instanceof MongoServerError ? error.code : error));
        expect(outcome, id).toBe(found.has(id) ? 11_000 : 'inserted');
      }
    });
  });
});

describe('a running infrastructure', () => {
  it('reports a server that ends by itself, and can bring it up again', async () => {
    const reported: string[] = [];
    using other = new LocalFolder();
    const second = await other.start({ database: 'memory', onUnexpectedEnd: (error) => reported.push(`${error.code} ${String(error.details['server'])}`) });
    try {
      const database = second.processes.find(({ name }) => name === 'database');
      process.kill(database?.pid ?? 0, 'SIGKILL');
      await expect.poll(() => reported, { timeout: 10_000 }).toEqual(['ended_unexpectedly database']);
      await second.bringUp('database');
      await expect(second.stop().then(() => second.restart('database'))).rejects.toMatchObject({ code: 'stopped' });
    } finally {
      await second.stop();
    }
  });

  it('can be used as external infrastructure by another launcher, which then neither holds a folder nor stops it', async () => {
    using other = new LocalFolder();
    const { kafka: broker, database } = infrastructure;
    const second = await other.start({ mode: 'auto', kafkaBrokers: broker.brokers, mongoUri: database.uri });
    expect(second).toMatchObject({ kind: 'external', processes: [], database: { kind: 'mongo-java-server', storage: 'external' } });
    await expect(second.takeDown('broker')).rejects.toMatchObject({ code: 'not_ours' });
    await second.stop();
    expect(readdirSync(other.path)).toEqual([]);
    await expect(inDatabase((mongo) => mongo.db('admin').command({ ping: 1 }))).resolves.toMatchObject({ ok: 1 });
  });
});
