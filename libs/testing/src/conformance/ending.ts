// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Probe } from './probe.js';
import { numbered, until, type World } from './world.js';

export function ending(world: World): void {
  describe('ending', () => {
    it('closing twice at once is closing once, and the group is free afterwards', async () => {
      const topic = await world.topic(3);
      const groupId = world.group();
      await (await world.producer()).send(numbered(topic, 50));
      const probe = await world.probe(topic, groupId);
      await until('records', () => probe.records.length > 0);
      await Promise.all([probe.consumer.close(), probe.consumer.close()]);
      await until('the group to be free', () => world.admin.deleteGroup(groupId).then(() => true, () => false));
      expect(probe.crashes).toEqual([]);
    });

    it('closing does not wait for a batch that finds no room', async () => {
      const topic = await world.topic();
      await (await world.producer()).send(numbered(topic, 5));
      const probe = await world.probe(topic, world.group(), 'beginning', () => new Promise(() => undefined));
      await until('the batch', () => probe.batches.length > 0);
      await probe.consumer.close();
      expect(probe.crashes).toEqual([]);
    });

    it('after closing nothing is handed over, and a commit is dropped', async () => {
      const topic = await world.topic();
      const groupId = world.group();
      const producer = await world.producer();
      await producer.send(numbered(topic, 5));
      const probe = await world.probe(topic, groupId);
      await until('the records', () => probe.records.length >= 5);
      await probe.consumer.close();
      await probe.consumer.commit([{ topic, partition: 0, offset: 5n, generation: probe.generation }]).catch(() => undefined);
      await producer.send(numbered(topic, 5, 10, 5));
      const witness = await world.probe(topic, groupId);
      await until('all records for the next process', () => witness.records.length >= 10);
      expect(probe.records).toHaveLength(5);
    });

    it('a batch handler that breaks its promise is told as a crash, once: never retried in silence', async () => {
      const topic = await world.topic();
      await (await world.producer()).send(numbered(topic, 5));
      const probe = await world.probe(topic, world.group(), 'beginning', () => Promise.reject(new Error('a bug')));
      await until('the crash', () => probe.crashes.length > 0);
      expect(probe.crashes).toHaveLength(1);
      expect(probe.batches).toHaveLength(1);
    });

    it('a topic that does not exist is refused by name when consuming begins', async () => {
      const topic = `missing-${world.group()}`;
      const begin = async (): Promise<void> => {
        const consumer = await world.consumer({ groupId: world.group(), topics: [{ topic, from: 'beginning' }] });
        await consumer.run(new Probe(consumer).handlers);
      };
      await expect(begin()).rejects.toThrow(topic);
    });

    it('a consumer runs once', async () => {
      const topic = await world.topic();
      const probe = await world.probe(topic, world.group());
      await expect(probe.consumer.run(probe.handlers)).rejects.toThrow();
    });

    // The clients of a real broker are made to fail by its access rules: authorising.ts.
    if (world.features.authorisation !== true) {
      it('a client that will not come back by itself says so, once', async () => {
        const topic = await world.topic();
        const groupId = world.group();
        const probe = await world.probe(topic, groupId);
        world.broker.crash!(groupId);
        await until('the crash', () => probe.crashes.length > 0);
        expect(probe.crashes).toHaveLength(1);
      });
    }
  });
}
