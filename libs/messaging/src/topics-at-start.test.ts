// SPDX-License-Identifier: Apache-2.0
import { allTopics, topics } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { FakeClock, MemoryBroker } from './testing/index.js';
import { checkTopics, configurationOf, createDeclaredTopics } from './topics-at-start.js';

async function world() {
  const broker = new MemoryBroker(new FakeClock());
  return { broker, admin: await broker.client().admin() };
}

describe('topics at start', () => {
  it('what was created as declared satisfies every service', async () => {
    const { admin } = await world();
    await createDeclaredTopics(admin, 'x.');
    for (const service of ['identity', 'audit', 'approval', 'action', 'reasoning', 'ingestion', 'console'] as const) await checkTopics(admin, service, 'x.');
    expect(await admin.describeTopics(allTopics.map(({ name }) => `x.${name}`))).toHaveLength(allTopics.length);
  });

  it('a service whose topic is missing says which, and only those that it uses', async () => {
    const { admin } = await world();
    const error = await checkTopics(admin, 'ingestion', 'x.').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'topics_not_as_declared' });
    expect(String(error)).toContain('x.nervus.ingestion.signals.v1 does not exist');
    expect(String(error)).not.toContain('nervus.approval.requests.v1');
  });

  it.each<[string, { partitions?: number }, Record<string, string>, RegExp]>([
    ['too few partitions', { partitions: 1 }, {}, /1 partitions, expected at least 3/],
    ['create time instead of append time, by which no signature can be judged', {}, { 'message.timestamp.type': 'CreateTime' }, /message\.timestamp\.type=CreateTime, expected LogAppendTime/],
    ['compaction where history is needed', {}, { 'cleanup.policy': 'compact' }, /cleanup\.policy=compact, expected delete/],
    ['a retention that is too short', {}, { 'retention.ms': '1000' }, /retention\.ms=1000/],
  ])('%s stops the start', async (_, shape, settings, message) => {
    const { broker, admin } = await world();
    const right = configurationOf(topics.ingestion.signals, 'x.');
    broker.createTopic(right.topic, shape.partitions ?? right.partitions, { ...right.settings, ...settings });
    await createDeclaredTopics(admin, 'x.');
    await expect(checkTopics(admin, 'ingestion', 'x.')).rejects.toThrow(message);
  });

  it('more partitions, longer retention, and settings that may not be read are no fault', async () => {
    const { broker, admin } = await world();
    const right = configurationOf(topics.ingestion.signals, 'x.');
    broker.createTopic(right.topic, 12, { ...right.settings, 'retention.ms': '-1' });
    broker.createTopic(configurationOf(topics.identity.workloads, 'x.').topic, 1, {});
    await createDeclaredTopics(admin, 'x.');
    await checkTopics(admin, 'ingestion', 'x.');
  });

  it('a table must keep its records for ever', async () => {
    const { broker, admin } = await world();
    const right = configurationOf(topics.identity.workloads, 'x.');
    broker.createTopic(right.topic, 1, { ...right.settings, 'retention.ms': '86400000' });
    await createDeclaredTopics(admin, 'x.');
    await expect(checkTopics(admin, 'ingestion', 'x.')).rejects.toThrow(/workloads\.v1 has retention\.ms=86400000, expected -1 or longer/);
  });

  it('pulses roll their segments, or ten minutes of them would be kept for a week', () => {
    expect(configurationOf(topics.approval.pulses, '').settings).toMatchObject({ 'retention.ms': '600000', 'segment.ms': '600000' });
  });
});
