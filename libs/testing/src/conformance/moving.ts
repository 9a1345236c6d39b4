// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type World, numbered, until } from './world.js';

export function moving(world: World): void {
  describe('moving offsets and altering topics', () => {
    it('a group goes on where it was told to, in the partitions that were named', async () => {
      const topic = await world.topic(2);
      const groupId = world.group();
      await (await world.producer()).send(numbered(topic, 40, 20));
      const ends = await world.admin.endOffsets(topic);
      await world.admin.setOffsets(groupId, ends.map(({ partition, high }) => ({ topic, partition, offset: high - 2n })));
      expect(await world.committed(groupId, topic)).toEqual(new Map(ends.map(({ partition, high }) => [partition, high - 2n])));
      const probe = await world.probe(topic, groupId);
      await until('the last two of each', () => probe.records.length >= 4);
      const placeOf = (partition: number, offset: bigint): string => `${partition}/${offset}`;
      expect(new Set(probe.records.map(({ partition, offset }) => placeOf(partition, offset)))).toEqual(new Set(ends.flatMap(({ partition, high }) => [placeOf(partition, high - 2n), placeOf(partition, high - 1n)])));
    });

    it('a group in use cannot be moved under the feet of its members', async () => {
      const topic = await world.topic();
      const groupId = world.group();
      await (await world.producer()).send(numbered(topic, 3));
      const probe = await world.probe(topic, groupId);
      await until('the records', () => probe.records.length >= 3);
      await expect(world.admin.setOffsets(groupId, [{ topic, partition: 0, offset: 0n }])).rejects.toThrow(groupId);
    });

    it('the offset at an instant is of the first record appended then or later, else the end', async () => {
      const topic = await world.topic();
      const producer = await world.producer();
      await producer.send(numbered(topic, 3));
      const probe = await world.probe(topic, world.group());
      await until('the first records', () => probe.records.length >= 3);
      const last = probe.records.at(-1)!.timestamp;
      // Append times are milliseconds: the next send must fall into another one.
      await until('the next millisecond', () => Date.now() > last + 1);
      await producer.send(numbered(topic, 2, 10, 3));
      await until('all records', () => probe.records.length >= 5);
      expect(await world.admin.offsetsAt(topic, 0)).toEqual([{ topic, partition: 0, offset: 0n }]);
      expect(await world.admin.offsetsAt(topic, last + 1)).toEqual([{ topic, partition: 0, offset: 3n }]);
      expect(await world.admin.offsetsAt(topic, Date.now() + 60_000)).toEqual([{ topic, partition: 0, offset: 5n }]);
    });

    it('partitions are added and settings changed, what is not named stays, and the next look sees it', async () => {
      const topic = await world.topic(1);
      await world.admin.alterTopics([{ topic, partitions: 1, settings: { 'max.message.bytes': '2000000' } }]);
      await world.admin.alterTopics([{ topic, partitions: 3, settings: { 'retention.ms': '86400000' } }]);
      expect(await world.admin.describeTopics([topic])).toMatchObject([{ topic, partitions: 3, settings: { 'max.message.bytes': '2000000', 'retention.ms': '86400000', 'message.timestamp.type': 'LogAppendTime' } }]);
      await world.admin.alterTopics([{ topic, partitions: 1, settings: {} }]);
      expect(await world.admin.describeTopics([topic])).toMatchObject([{ partitions: 3 }]);
    });
  });
}
