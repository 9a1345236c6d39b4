// SPDX-License-Identifier: Apache-2.0
// Processes that are away for a while: asleep, restarted or killed.
import { describe, expect, it } from 'vitest';
import { numbered, record, until, type World } from './world.js';

/** Milliseconds after which the brokers of these tests count a silent process out. */
const sessionMs = 10_000;
const session = sessionMs * 3;

export function returning(world: World): void {
  describe('returning', () => {
    it('a consumer that waits for room longer than its session stays in the group', async ({ skip }) => {
      world.require('session', skip);
      const topic = await world.topic();
      const groupId = world.group();
      await (await world.producer()).send(numbered(topic, 1));
      const room = Promise.withResolvers<void>();
      const probe = await world.probe(topic, groupId, 'beginning', () => room.promise);
      await until('the batch', () => probe.batches.length > 0);
      const began = performance.now();
      await until('the session to be over', () => performance.now() - began > sessionMs * 1.2, session);
      expect([probe.rebalances, probe.assignments, probe.crashes]).toEqual([0, 1, []]);
      room.resolve();
      await probe.consumer.commit([{ topic, partition: 0, offset: 1n, generation: probe.generation }]);
      expect(await world.committed(groupId, topic)).toEqual(new Map([[0, 1n]]));
    });

    it('a process that slept through its session wakes without its lease, and what it finishes then is not committed', async ({ skip }) => {
      world.require('session', skip);
      const topic = await world.topic();
      const groupId = world.group();
      const producer = await world.producer();
      await producer.send([record(topic, 'k', '0')]);
      const sleeper = await world.process({ groupId, topic, hold: true });
      await until('its record', () => sleeper.all('began').length === 1);
      sleeper.sleep();
      const other = await world.process({ groupId, topic });
      await producer.send([record(topic, 'k', '1'), record(topic, 'k', '2')]);
      await until('the others to be handled and committed', async () => (await world.committed(groupId, topic)).get(0) === 3n, session);
      expect(other.handled).toEqual(['0', '1', '2']);
      sleeper.wake();
      await until('it to be told', () => sleeper.all('rebalance').length > 0);
      await until('its new share, or that there is none', () => sleeper.all('assigned').length > 1);
      sleeper.release();
      await until('its handler', () => sleeper.all('aborted').length + sleeper.all('handled').length > 0);
      expect(sleeper.all('fatal')).toEqual([]);
      await sleeper.end();
      expect(await world.committed(groupId, topic)).toEqual(new Map([[0, 3n]]));
    });

    it('a process that is closed and comes back under its instance id moves no partition', async ({ skip }) => {
      world.require('staticMembership', skip);
      const { topic, groupId, stays, returns } = await twoInstances(world);
      const { assigned } = returns;
      await returns.consumer.close();
      const back = await world.probe(topic, groupId, 'beginning', undefined, 'pod-1');
      await until('its partitions', () => back.assigned.length === 2);
      expect(back.assigned).toEqual(assigned);
      expect([stays.assignments, stays.rebalances]).toEqual([stays.settled, stays.rebalancesThen]);
    });

    it('a process that is killed and comes back under its instance id has its partitions at once, and the others notice nothing', async ({ skip }) => {
      world.require('staticMembership', skip);
      const topic = await world.topic(4);
      const groupId = world.group();
      const [stays, dies] = [await world.process({ groupId, topic, instance: 'pod-0' }), await world.process({ groupId, topic, instance: 'pod-1' })];
      // Loaded before, since a process takes its time to start and the session does not wait for it.
      const back = await world.standby({ groupId, topic, instance: 'pod-1' });
      await until('two partitions each', () => stays.assigned.length === 2 && dies.assigned.length === 2);
      const [before, told] = [dies.assigned, stays.said.length];
      await dies.kill();
      await back.join();
      await until('its partitions', () => back.assigned.length === 2);
      expect(back.assigned).toEqual(before);
      expect(stays.said.slice(told)).toEqual([]);
      await (await world.producer()).send(numbered(topic, 80, 40));
      await until('everything committed', async () => (await world.committedSum(groupId, topic)) === 80n);
      expect([...stays.handled, ...back.handled]).toHaveLength(80);
    });

    it('a second living process under the same instance id takes the place, and the first one ends by name', async ({ skip }) => {
      world.require('staticMembership', skip);
      const { topic, groupId, returns } = await twoInstances(world);
      const impostor = await world.probe(topic, groupId, 'beginning', undefined, 'pod-1');
      await until('its partitions', () => impostor.assigned.length === 2);
      await until('the end of the first', () => returns.crashes.length > 0);
      expect(returns.crashes).toEqual([expect.objectContaining({ code: 'instance_taken', retryable: false })]);
    });
  });
}

/** Two members with instance ids that share four partitions, and how often the first was told of changes until then. */
async function twoInstances(world: World) {
  const topic = await world.topic(4);
  const groupId = world.group();
  const stays = await world.probe(topic, groupId, 'beginning', undefined, 'pod-0');
  const returns = await world.probe(topic, groupId, 'beginning', undefined, 'pod-1');
  await until('two partitions each', () => stays.assigned.length === 2 && returns.assigned.length === 2);
  return { topic, groupId, returns, stays: Object.assign(stays, { settled: stays.assignments, rebalancesThen: stays.rebalances }) };
}
