// SPDX-License-Identifier: Apache-2.0
import { IntelligenceProduced, maxValueBytes } from '@nervus/contracts';
import type { AggregateStore } from '@nervus/messaging';
import { mongoUri, ServiceWorld } from '@nervus/testing';
import { Module } from '@nestjs/common';
import { createConnection } from 'mongoose';
import { Type } from 'typebox';
import { expect, it } from 'vitest';
import type { Kit, ServiceDefinition } from '../src/index.js';

@Module({})
class Empty {}

it('an event that Kafka would never take is kept in the database, and those beside it are published', async () => {
  const world = await ServiceWorld.open('reasoning');
  let kit: Kit | undefined;
  let store: AggregateStore<{ n: number }> | undefined;
  const sample: ServiceDefinition<Record<string, never>> = {
    service: 'reasoning', config: Type.Object({}),
    module: (_, given) => {
      kit = given;
      store = given.stores.collection({ name: 'things' });
      return { module: Empty };
    },
  };
  const database = await createConnection(mongoUri(world.prefix.replaceAll('.', ''))).asPromise();
  try {
    await world.start(sample);
    const [example] = IntelligenceProduced.examples;
    const event = (id: string, data: unknown) => kit!.events.of(IntelligenceProduced, { tenant: 'default', key: example!.runId, id, data: { ...example!, data } });
    const [large, small] = [event('too-large', 'x'.repeat(maxValueBytes)), event('small', {})];
    await store!.apply('one', 'cause', () => ({ state: { n: 1 }, events: [large, small] }));
    await world.until(IntelligenceProduced);
    const kept = database.db!.collection<{ _id: string }>('unpublishable_events');
    await world.when(async () => (await kept.countDocuments()) === 1, 'the event that was kept');
    const [found] = await kept.find().toArray();
    expect(found).toMatchObject({ _id: 'too-large', code: 'record_too_large', collection: 'things' });
    expect(JSON.parse((found as unknown as { event: string }).event)).toMatchObject({ id: 'too-large', type: IntelligenceProduced.type });
    expect(world.of(IntelligenceProduced).map(({ id }) => id)).toEqual(['small']);
  } finally {
    await database.close();
    await world.close();
  }
});
