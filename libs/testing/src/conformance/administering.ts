// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type World, numbered, until } from './world.js';

export function administering(world: World): void {
  describe('administering', () => {
    it('topics are created once, described as they are, and absent when they do not exist', async () => {
      const topic = await world.topic(3);
      await world.admin.createTopics([{ topic, partitions: 5, settings: {} }], { factor: 1, minInSync: 1 });
      const [described, ...others] = await world.admin.describeTopics([topic, `missing-${topic}`]);
      expect(others).toEqual([]);
      expect(described).toMatchObject({ topic, partitions: 3, settings: expect.objectContaining({ 'message.timestamp.type': 'LogAppendTime' }) });
    });

    it('end offsets are those of the next record, of every partition', async () => {
      const topic = await world.topic(3);
      expect((await world.admin.endOffsets(topic)).map(({ low, high }) => [low, high])).toEqual([[0n, 0n], [0n, 0n], [0n, 0n]]);
      await (await world.producer()).send(numbered(topic, 30));
      const ends = await world.admin.endOffsets(topic);
      expect(ends.map(({ partition }) => partition)).toEqual([0, 1, 2]);
      expect(ends.reduce((sum, { high }) => sum + high, 0n)).toBe(30n);
    });

    it('a partition that was never committed has no offset', async () => {
      expect(await world.committed(world.group(), await world.topic(3))).toEqual(new Map());
    });

    it('a group that is in use is not deleted, one that does not exist is no fault', async () => {
      const topic = await world.topic();
      const groupId = world.group();
      const probe = await world.probe(topic, groupId);
      await expect(world.admin.deleteGroup(groupId)).rejects.toThrow(groupId);
      await probe.consumer.close();
      await until('the group to be free', () => world.admin.deleteGroup(groupId).then(() => true, () => false));
      await world.admin.deleteGroup(world.group());
    });
  });
}
