// SPDX-License-Identifier: Apache-2.0
// A database of this file's own, durable, that is killed under load.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Infrastructure, startInfrastructure } from '@nervus/local-infrastructure';
import { systemClock, UnavailableError } from '@nervus/messaging';
import { kafkaBrokers } from '@nervus/testing';
import mongoose from 'mongoose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MongoAggregateStore, OutboxRelay } from '../src/index.js';
import { accounts, add, eventually, HeldSink } from './world.js';

let infrastructure: Infrastructure;
let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'nervus-mongo-'));
  infrastructure = await startInfrastructure({ dataDir, database: 'durable', kafkaBrokers: kafkaBrokers(), ports: { database: 28_317 } });
});
afterAll(async () => {
  await infrastructure?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

describe('a database that is killed under load', () => {
  it('loses no acknowledged application, applies none twice, and publishes everything that follows', async () => {
    const connection = await mongoose.createConnection(`${infrastructure.database.uri}/outage`, { serverSelectionTimeoutMS: 500 }).asPromise();
    const sink = new HeldSink();
    const store = new MongoAggregateStore({ database: connection.db!, declaration: accounts, sink, clock: systemClock });
    await store.prepare();
    let acknowledged = 0;
    let refused = 0;
    const ended = new AbortController();
    /** As a handler does: the same event again for as long as the database is away. */
    const deliver = async (id: string, eventId: string): Promise<void> => {
      for (;;) {
        try {
          await store.apply(id, eventId, add(1, eventId));
          acknowledged++;
          return;
        } catch (error) {
          if (!(error instanceof UnavailableError)) throw error;
          refused++;
        }
      }
    };
    const workers = Array.from({ length: 20 }, async (_, worker) => {
      for (let n = 0; !ended.signal.aborted; n++) await deliver(`a${worker % 7}`, `${worker}-${n}`);
    });
    await eventually(() => expect(acknowledged).toBeGreaterThan(300));
    await infrastructure.takeDown('database', { signal: 'SIGKILL' });
    await eventually(() => expect(refused).toBeGreaterThan(0));
    await infrastructure.bringUp('database');
    const after = acknowledged;
    await eventually(() => expect(acknowledged).toBeGreaterThan(after + 300));
    ended.abort();
    await Promise.all(workers);

    const found = await store.readMany(Array.from({ length: 7 }, (_, n) => `a${n}`));
    expect([...found.values()].reduce((sum, { state }) => sum + state.sum, 0)).toBe(acknowledged);
    await new OutboxRelay({ sources: () => [store], clock: systemClock, onError: (error) => expect.fail(String(error)) }).drain(systemClock.now() + 1);
    expect(new Set(sink.ids).size).toBe(acknowledged);
    await store.close();
    await connection.close();
  });
});
