// SPDX-License-Identifier: Apache-2.0
// Outboxes by the thousand in the real database, and what came of them in the topic.
import { SignalAccepted, physicalName } from '@nervus/contracts';
import { type OutgoingEvent, configurationOf, systemClock } from '@nervus/messaging';
import { type Database, MongoAggregateStore } from '@nervus/messaging-mongo';
import { kafkaBrokers, uniqueName } from '@nervus/testing';
import { documentOf } from '../src/document.js';
import { clientOf, ledgers, topic } from './relaying.js';

const client = () => clientOf(kafkaBrokers());

/** A topic of this test's own. */
export async function freshTopic(): Promise<string> {
  const topicPrefix = `${uniqueName('relay')}.`;
  const admin = await client().admin();
  await admin.createTopics([configurationOf(topic, topicPrefix)], { factor: 1, minInSync: 1 });
  await admin.close();
  return topicPrefix;
}

const idOf = (document: number): string => `d${document}`;

function entryOf(document: number, n: number): OutgoingEvent {
  const id = `${idOf(document)}-${n}`;
  return { id, type: SignalAccepted.type, topic: topic.name, key: `default/${idOf(document)}`, tenant: 'default', time: '2026-01-01T00:00:00.000Z', correlationId: id, hops: 0, extensions: {}, value: JSON.stringify({ n }) };
}

/** What a process that died left: so many documents with so many entries each, an hour old. */
export async function leaveBehind(database: Database, documents: number, entries: number): Promise<void> {
  const store = new MongoAggregateStore({ database, declaration: ledgers, sink: { publish: () => Promise.resolve() }, clock: systemClock });
  await store.prepare();
  const hourAgo = systemClock.now() - 3_600_000;
  const collection = database.collection<{ _id: string }>(ledgers.name);
  for (let from = 0; from < documents; from += 1000) {
    const batch = Array.from({ length: Math.min(1000, documents - from) }, (_, at) => from + at);
    await collection.insertMany(
      batch.map((document) => documentOf(ledgers, { _id: idOf(document), version: 1, state: { n: entries }, applied: [], outbox: Array.from({ length: entries }, (_, n) => entryOf(document, n)) }, hourAgo + document)),
    );
  }
}

/** Documents that still have something in their outbox. */
export const waiting = (database: Database): Promise<number> => database.collection(ledgers.name).countDocuments({ 'outbox.id': { $gt: '' } });

/** Ids of all records of the topic, by document, in the order in which they stand in it. */
export async function publishedIn(topicPrefix: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const name = physicalName(topic, topicPrefix);
  const admin = await client().admin();
  const open = new Map((await admin.endOffsets(name)).filter(({ high }) => high > 0n).map(({ partition, high }) => [partition, high]));
  await admin.close();
  const found = new Map<string, string[]>();
  if (open.size === 0) return found;
  const consumer = await client().consumer({ groupId: uniqueName('relay-reader'), topics: [{ topic: name, from: 'beginning' }] });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  await consumer.run({
    onBatch: ({ partition, records }) => {
      for (const { key, headers } of records) {
        const document = key!.toString().split('/').at(1)!;
        const own = found.get(document) ?? [];
        found.set(document, own);
        own.push(headers['ce_id']!.toString());
      }
      if (records.at(-1)!.offset + 1n >= open.get(partition)!) open.delete(partition);
      if (open.size === 0) resolve();
      return Promise.resolve();
    },
    onRebalance: () => undefined,
    onAssigned: () => undefined,
    onCrash: reject,
  });
  await promise;
  await consumer.close();
  return found;
}
