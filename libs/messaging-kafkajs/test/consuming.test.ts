// SPDX-License-Identifier: Apache-2.0
import type { Producer } from '@nervus/messaging';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { client, eventually, freshTopic, record, unique, Watched } from './world.js';

const open: { close(): Promise<void> }[] = [];
let producer: Producer;
beforeAll(async () => {
  producer = await client().producer();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});
afterAll(() => producer.close());

async function running(topic: string, groupId = unique('g'), from: 'beginning' | 'end' = 'beginning'): Promise<Watched> {
  const watched = await Watched.running({ groupId, topics: [{ topic, from }] });
  open.push(watched.consumer);
  return watched;
}

const nextOf = (watched: Watched, partition = 0) => ({ topic: watched.records[0]!.topic, partition, offset: watched.records.findLast((each) => each.partition === partition)!.offset + 1n, generation: watched.generation });

/** A gate that opens once. */
function gate(): { wait: () => Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { wait: () => promise, open: resolve };
}

describe('consuming', () => {
  it('a successor goes on at the committed offset', async () => {
    const topic = await freshTopic();
    const groupId = unique('g');
    await producer.send([record(topic, '0'), record(topic, '1')]);
    const first = await running(topic, groupId);
    await eventually(() => expect(first.records).toHaveLength(2));
    await first.consumer.commit([{ ...nextOf(first), offset: 1n }]);
    await first.consumer.close();
    const second = await running(topic, groupId);
    await eventually(() => expect(second.values).toEqual(['1']));
  });

  it('what is written right after a consumer of the end has begun is seen', async () => {
    const topic = await freshTopic(3);
    await producer.send([record(topic, 'old')]);
    const watched = await running(topic, unique('g'), 'end');
    await producer.send([record(topic, 'new', 'a'), record(topic, 'new', 'b'), record(topic, 'new', 'c')]);
    await eventually(() => expect(watched.values).toEqual(['new', 'new', 'new']));
  });

  it('one consumer reads some topics from the beginning and others from the end', async () => {
    const [table, broadcast] = [await freshTopic(), await freshTopic()];
    await producer.send([record(table, 'row'), record(broadcast, 'old')]);
    const watched = await Watched.running({ groupId: unique('g'), topics: [{ topic: table, from: 'beginning' }, { topic: broadcast, from: 'end' }] });
    open.push(watched.consumer);
    await eventually(() => expect(watched.values).toEqual(['row']));
    await producer.send([record(broadcast, 'new')]);
    await eventually(() => expect(watched.values).toEqual(['row', 'new']));
  });

  it('a group that never commits skips nothing and repeats nothing of a partition that stays ours through a rejoin', async () => {
    const topic = await freshTopic(2);
    const groupId = unique('g');
    const watched = await running(topic, groupId, 'end');
    const keys = ['default/a', 'default/b', 'default/c', 'default/d'];
    let sent = 0;
    const send = (): Promise<void> => producer.send(keys.map((key) => record(topic, `${sent++}`, key)));
    await send();
    await eventually(() => expect(watched.records).toHaveLength(4));
    const joining = running(topic, groupId, 'end');
    while (watched.assigned.length !== 1) await send();
    const [kept] = watched.assigned;
    const other = await joining;
    await send();
    await other.consumer.close();
    await eventually(() => expect(watched.assigned).toHaveLength(2));
    await send();
    const offsets = (): bigint[] => watched.records.filter(({ partition }) => partition === kept!.partition).map(({ offset }) => offset);
    const admin = await client().admin();
    open.push(admin);
    const end = (await admin.endOffsets(topic)).find(({ partition }) => partition === kept!.partition)!.high;
    await eventually(() => expect(offsets().at(-1)).toBe(end - 1n));
    expect(offsets()).toEqual(Array.from({ length: Number(end) }, (_, n) => BigInt(n)));
  });

  it('a topic that does not exist is refused at once, by name', async () => {
    const topic = await freshTopic();
    const begun = performance.now();
    await expect(client().consumer({ groupId: unique('g'), topics: [{ topic, from: 'end' }, { topic: 'does-not-exist', from: 'end' }] })).rejects.toMatchObject({ code: 'unknown_topic', message: expect.stringMatching(/does-not-exist/) as string });
    expect(performance.now() - begun).toBeLessThan(3000);
  });

  it('another consumer gets its share while a batch of ours waits for room, or a slow handler would stop a deployment', async () => {
    const topic = await freshTopic(4);
    const groupId = unique('g');
    const first = await Watched.of({ groupId, topics: [{ topic, from: 'beginning' }] });
    open.push(first.consumer);
    const room = gate();
    first.hold = room.wait;
    await producer.send(Array.from({ length: 40 }, (_, n) => record(topic, `${n}`, `${n}`)));
    await first.consumer.run(first.handlers);
    await eventually(() => expect(first.batches.length).toBeGreaterThan(0));
    const second = await running(topic, groupId);
    expect(second.assigned).toHaveLength(2);
    await eventually(() => expect(first.assigned).toHaveLength(2));
    expect(first.rebalances).toBe(1);
    room.open();
  });

  it('a batch waiting for room keeps the lease for longer than the session timeout', async () => {
    const topic = await freshTopic();
    const room = gate();
    const watched = await Watched.of({ groupId: unique('g'), topics: [{ topic, from: 'beginning' }] });
    open.push(watched.consumer);
    watched.hold = room.wait;
    await watched.consumer.run(watched.handlers);
    await producer.send([record(topic, '0')]);
    await eventually(() => expect(watched.values).toEqual(['0']));
    const began = Date.now();
    await eventually(() => expect(Date.now() - began).toBeGreaterThan(13_000));
    room.open();
    await producer.send([record(topic, '1')]);
    await eventually(() => expect(watched.values).toEqual(['0', '1']));
    expect([watched.assignments.length, watched.rebalances, watched.crashes]).toEqual([1, 0, []]);
  });

  it('a batch that waits for room holds up no other partition that was fetched with it', async () => {
    const topic = await freshTopic(2);
    const keys = { 0: 'default/a', 1: 'c' };
    const room = gate();
    const watched = await Watched.of({ groupId: unique('g'), topics: [{ topic, from: 'beginning' }] });
    open.push(watched.consumer);
    watched.hold = (batch) => (batch.partition === 0 ? room.wait() : Promise.resolve());
    await producer.send(Object.values(keys).map((key) => record(topic, key, key)));
    await watched.consumer.run(watched.handlers);
    await eventually(() => expect(new Set(watched.batches.map(({ partition }) => partition))).toEqual(new Set([0, 1])));
    room.open();
  });

  it('an old generation cannot commit, though the partition is ours again', async () => {
    const topic = await freshTopic();
    const groupId = unique('g');
    await producer.send([record(topic, '0')]);
    const first = await running(topic, groupId);
    await eventually(() => expect(first.records).toHaveLength(1));
    const stale = nextOf(first);
    const second = await running(topic, groupId);
    await second.consumer.close();
    await eventually(() => expect([first.generation >= stale.generation + 2, first.assigned.length]).toEqual([true, 1]));
    await first.consumer.commit([stale]);
    const admin = await client().admin();
    open.push(admin);
    expect(await admin.committedOffsets(groupId, [topic])).toEqual([]);
    await first.consumer.commit([{ ...stale, generation: first.generation }]);
    expect(await admin.committedOffsets(groupId, [topic])).toEqual([{ topic, partition: 0, offset: 1n }]);
  });

  it('a partition that is not ours cannot be committed', async () => {
    const topic = await freshTopic(2);
    const groupId = unique('g');
    const [first, second] = await Promise.all([running(topic, groupId), running(topic, groupId)]);
    await eventually(() => expect([first.assigned.length, second.assigned.length]).toEqual([1, 1]));
    const foreign = second.assigned[0]!;
    await first.consumer.commit([{ ...foreign, offset: 1n, generation: first.generation }]);
    const admin = await client().admin();
    open.push(admin);
    expect(await admin.committedOffsets(groupId, [topic])).toEqual([]);
  });

  it('a resumed partition goes on at once, though all had been paused', async () => {
    const topic = await freshTopic();
    const watched = await running(topic);
    await producer.send([record(topic, '0')]);
    await eventually(() => expect(watched.values).toEqual(['0']));
    const delays: number[] = [];
    for (let n = 1; n <= 5; n++) {
      watched.consumer.pause(watched.assigned);
      await producer.send([record(topic, `${n}`)]);
      expect(watched.values).toHaveLength(n);
      const resumed = performance.now();
      watched.consumer.resume(watched.assigned);
      await eventually(() => expect(watched.values).toHaveLength(n + 1));
      delays.push(performance.now() - resumed);
    }
    // The first may still be in a long fetch that began before the pause.
    expect(Math.max(...delays.slice(1))).toBeLessThan(500);
  });

  it('what is paused stays paused through a rebalance', async () => {
    const [topic, other] = [await freshTopic(), await freshTopic()];
    const groupId = unique('g');
    const watched = await running(topic, groupId);
    watched.consumer.pause(watched.assigned);
    const second = await running(other, groupId);
    await second.consumer.close();
    await eventually(() => expect(watched.assignments.length).toBeGreaterThan(1));
    await producer.send([record(topic, '0')]);
    const fence = await running(topic);
    await eventually(() => expect(fence.values).toEqual(['0']));
    expect(watched.values).toEqual([]);
    watched.consumer.resume(watched.assigned);
    await eventually(() => expect(watched.values).toEqual(['0']));
  });

  it('closing does not wait for a batch that waits for room', async () => {
    const topic = await freshTopic();
    const watched = await running(topic);
    watched.hold = () => new Promise(() => undefined);
    await producer.send([record(topic, '0')]);
    await eventually(() => expect(watched.values).toEqual(['0']));
    const begun = performance.now();
    await watched.consumer.close();
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(watched.crashes).toEqual([]);
  });

  it('an intake that rejects is a crash that is told, not an endless refetch', async () => {
    const topic = await freshTopic();
    const watched = await running(topic);
    watched.hold = () => Promise.reject(new Error('mistake'));
    await producer.send([record(topic, '0')]);
    await eventually(() => expect(watched.crashes).toHaveLength(1));
    expect(watched.crashes[0]).toMatchObject({ code: 'intake_failed', retryable: false });
    expect(watched.batches).toHaveLength(1);
  });

  it('a record larger than what a fetch asks for still comes', async () => {
    const topic = await freshTopic();
    const watched = await running(topic);
    await producer.send([record(topic, 'x'.repeat(600_000))]);
    await eventually(() => expect(watched.records[0]?.value?.length).toBe(600_000));
  });
});
