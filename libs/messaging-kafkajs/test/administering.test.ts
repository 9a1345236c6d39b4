// SPDX-License-Identifier: Apache-2.0
import type { Admin } from '@nervus/messaging';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { client, eventually, freshTopic, record, unique, Watched } from './world.js';

let admin: Admin;
beforeAll(async () => {
  admin = await client().admin();
});
afterAll(() => admin.close());

describe('administering', () => {
  it('a topic is made with its settings, and making it again changes nothing', async () => {
    const topic = unique('t');
    const declared = { topic, partitions: 2, settings: { 'retention.ms': '600000', 'cleanup.policy': 'compact', 'message.timestamp.type': 'LogAppendTime' } };
    await admin.createTopics([declared], { factor: 1, minInSync: 1 });
    await admin.createTopics([{ ...declared, partitions: 5, settings: { 'retention.ms': '1' } }], { factor: 1, minInSync: 1 });
    const [found] = await admin.describeTopics([topic, 'does-not-exist']);
    expect(found).toMatchObject({ topic, partitions: 2, settings: { ...declared.settings, 'min.insync.replicas': '1' } });
    expect(await admin.describeTopics(['does-not-exist'])).toEqual([]);
  });

  it('two that make the same topic at once both succeed', async () => {
    const topic = unique('t');
    const other = await client().admin();
    const make = (by: Admin) => by.createTopics([{ topic, partitions: 1, settings: {} }], { factor: 1, minInSync: 1 });
    await Promise.all([make(admin), make(other)]);
    await other.close();
    expect(await admin.describeTopics([topic])).toHaveLength(1);
  });

  it('a topic that cannot be made says which and why', async () => {
    const topic = unique('t');
    await expect(admin.createTopics([{ topic, partitions: 1, settings: {} }], { factor: 3, minInSync: 2 })).rejects.toMatchObject({ code: 'invalid_replication_factor', message: expect.stringContaining(topic) as string });
  });

  it('end offsets are those of the broker', async () => {
    const topic = await freshTopic(2);
    const producer = await client().producer();
    await producer.send([record(topic, '0', 'default/a'), record(topic, '1', 'default/a')]);
    await producer.close();
    const ends = await admin.endOffsets(topic);
    expect(ends.map(({ partition }) => partition)).toEqual([0, 1]);
    expect(ends.reduce((sum, { high }) => sum + high, 0n)).toBe(2n);
    await expect(admin.endOffsets('does-not-exist')).rejects.toMatchObject({ code: 'unknown_topic' });
  });

  it('a group in use is not deleted, a left one is, and one that never was counts as deleted', async () => {
    const topic = await freshTopic();
    const groupId = unique('g');
    const watched = await Watched.running({ groupId, topics: [{ topic, from: 'beginning' }] });
    await watched.consumer.commit([{ topic, partition: 0, offset: 0n, generation: watched.generation }]);
    expect(await admin.committedOffsets(groupId, [topic])).toEqual([{ topic, partition: 0, offset: 0n }]);
    await expect(admin.deleteGroup(groupId)).rejects.toMatchObject({ code: 'group_in_use' });
    await watched.consumer.close();
    await eventually(() => admin.deleteGroup(groupId));
    expect(await admin.committedOffsets(groupId, [topic])).toEqual([]);
    await admin.deleteGroup(unique('g'));
  });
});
