// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { numbered, until, type World } from './world.js';

export function committing(world: World): void {
  describe('committing', () => {
    it('what was not committed is delivered again, what was is not', async () => {
      const topic = await world.topic();
      const groupId = world.group();
      await (await world.producer()).send(numbered(topic, 10));
      const first = await world.probe(topic, groupId);
      await until('all records', () => first.records.length >= 10);
      await first.consumer.commit([{ topic, partition: 0, offset: 4n, generation: first.generation }]);
      await first.consumer.close();
      const second = await world.probe(topic, groupId);
      await until('the rest', () => second.records.length >= 6);
      expect(second.values).toEqual(['4', '5', '6', '7', '8', '9']);
    });

    it('many partitions are committed at once', async () => {
      const topic = await world.topic(6);
      const groupId = world.group();
      await (await world.producer()).send(numbered(topic, 120, 60));
      const probe = await world.probe(topic, groupId);
      await until('all records', () => probe.records.length >= 120);
      const ends = (await world.admin.endOffsets(topic)).filter(({ high }) => high > 0n);
      await probe.consumer.commit(ends.map(({ partition, high }) => ({ topic, partition, offset: high, generation: probe.generation })));
      await until('the commit to be seen', async () => (await world.committedSum(groupId, topic)) === 120n);
    });

    it('a commit of nothing does nothing', async () => {
      const probe = await world.probe(await world.topic(), world.group());
      await probe.consumer.commit([]);
    });

    it('the commit of a lease that is gone is dropped, silently', async () => {
      const topic = await world.topic(2);
      const groupId = world.group();
      await (await world.producer()).send(numbered(topic, 100, 40));
      const first = await world.probe(topic, groupId);
      await until('all records', () => first.records.length >= 100);
      const old = first.generation;
      const second = await world.probe(topic, groupId);
      await until('one partition each', () => first.assigned.length === 1 && second.assigned.length === 1);
      expect(first.generation).not.toBe(old);
      const lost = second.assigned.at(0)!;
      const kept = first.assigned.at(0)!;
      await first.consumer.commit([{ ...lost, offset: 1n, generation: old }, { ...lost, offset: 1n, generation: first.generation }, { ...kept, offset: 1n, generation: old }]);
      expect(await world.committed(groupId, topic)).toEqual(new Map());
      await first.consumer.commit([{ ...kept, offset: 1n, generation: first.generation }]);
      await until('the rightful commit', async () => (await world.committed(groupId, topic)).get(kept.partition) === 1n);
    });

    it('an old generation cannot commit, though the partition is ours again', async () => {
      const topic = await world.topic(2);
      const groupId = world.group();
      await (await world.producer()).send(numbered(topic, 100, 40));
      const first = await world.probe(topic, groupId);
      await until('all records', () => first.records.length >= 100);
      const stale = first.generation;
      const second = await world.probe(topic, groupId);
      await until('one partition each', () => first.assigned.length === 1 && second.assigned.length === 1);
      const away = second.assigned.at(0)!;
      await second.consumer.close();
      await until('the partition to be back', () => first.holds(away.partition));
      await first.consumer.commit([{ ...away, offset: 1n, generation: stale }]);
      expect(await world.committed(groupId, topic)).toEqual(new Map());
      await first.consumer.commit([{ ...away, offset: 1n, generation: first.generation }]);
      await until('the rightful commit', async () => (await world.committed(groupId, topic)).get(away.partition) === 1n);
    });
  });
}
