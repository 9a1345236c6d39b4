// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { numbered, until, type World } from './world.js';

export function administering(world: World): void {
  describe('administering', () => {
    it('topics are created once, described as they are, and absent when they do not exist', async () => {
      const topic = await world.topic(3);
      await world.admin.createTopics([{ topic, partitions: 5, settings: {} }], { factor: 1, minInSync: 1 });
      const [described, ...others] = await world.admin.describeTopics([topic, `missing-${topic}`]);
      expect(others).toEqual([]);
      expect(described).toMatchObject({ topic, partitions: 3, settings: expect.objectContaining({ 'message.timestamp.type': 'LogAppendTime' }) });
    });

    it('two that make the same topic at once both succeed', async () => {
      const topic = `conformance-${world.group()}`;
      const other = await world.broker.client().admin();
      world.after(() => other.close());
      await Promise.all([world.admin, other].map((admin) => admin.createTopics([{ topic, partitions: 1, settings: {} }], { factor: 1, minInSync: 1 })));
      expect(await world.admin.describeTopics([topic])).toHaveLength(1);
    });

    it('a topic that cannot be made as asked says which and why', async ({ skip }) => {
      world.require('replication', skip);
      const topic = `conformance-${world.group()}`;
      const made = world.admin.createTopics([{ topic, partitions: 1, settings: {} }], { factor: 3, minInSync: 2 });
      await expect(made).rejects.toMatchObject({ code: 'invalid_replication_factor', message: expect.stringContaining(topic) as string });
      expect(await world.admin.describeTopics([topic])).toEqual([]);
    });

    it('the least number of copies in step is a setting of the topic', async ({ skip }) => {
      world.require('replication', skip);
      const [described] = await world.admin.describeTopics([await world.topic()]);
      expect(described!.settings).toMatchObject({ 'min.insync.replicas': '1' });
    });

    it('end offsets are those of the next record, of every partition', async () => {
      const topic = await world.topic(3);
      expect((await world.admin.endOffsets(topic)).map(({ low, high }) => [low, high])).toEqual([[0n, 0n], [0n, 0n], [0n, 0n]]);
      await (await world.producer()).send(numbered(topic, 30));
      const ends = await world.admin.endOffsets(topic);
      expect(ends.map(({ partition }) => partition)).toEqual([0, 1, 2]);
      expect(ends.reduce((sum, { high }) => sum + high, 0n)).toBe(30n);
      const missing = `missing-${topic}`;
      await expect(world.admin.endOffsets(missing)).rejects.toThrow(missing);
    });

    it('a partition that was never committed has no offset', async () => {
      expect(await world.committed(world.group(), await world.topic(3))).toEqual(new Map());
    });

    it('a group that is in use is not deleted, one that does not exist is no fault', async () => {
      const topic = await world.topic();
      const groupId = world.group();
      const probe = await world.probe(topic, groupId);
      await probe.consumer.commit([{ topic, partition: 0, offset: 0n, generation: probe.generation }]);
      await expect(world.admin.deleteGroup(groupId)).rejects.toThrow(groupId);
      await probe.consumer.close();
      await until('the group to be free', () => world.admin.deleteGroup(groupId).then(() => true, () => false));
      expect(await world.committed(groupId, topic)).toEqual(new Map());
      await world.admin.deleteGroup(world.group());
    });
  });
}
