// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from 'vitest';
import { client, eventually, freshTopic, record, unique, Watched } from './world.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function producer() {
  const made = await client().producer();
  open.push(made);
  return made;
}

async function reader(topic: string): Promise<Watched> {
  const watched = await Watched.running({ groupId: unique('g'), topics: [{ topic, from: 'beginning' }] });
  open.push(watched.consumer);
  return watched;
}

describe('producing', () => {
  it('a record comes back byte for byte: key, value, repeated, binary and empty headers', async () => {
    const topic = await freshTopic();
    const headers = { one: Buffer.from('1'), twice: [Buffer.from('a'), Buffer.from('b')], binary: Buffer.from([0, 255, 128]), empty: Buffer.alloc(0) };
    const before = Date.now();
    await (await producer()).send([record(topic, 'value', 'key', headers), record(topic, null, 'gone'), record(topic, '', null)]);
    const { records } = await reader(topic);
    await eventually(() => expect(records).toHaveLength(3));
    expect(records.map(({ key, value }) => [key?.toString() ?? null, value?.toString() ?? null])).toEqual([['key', 'value'], ['gone', null], [null, '']]);
    expect(records[0]!.headers).toEqual(headers);
    expect(records.map(({ offset, partition, topic: physical }) => ({ offset, partition, physical }))).toEqual([0n, 1n, 2n].map((offset) => ({ offset, partition: 0, physical: topic })));
    for (const { timestamp } of records) expect(timestamp).toSatisfy((at: number) => at >= before - 1000 && at <= Date.now() + 1000);
  });

  it("the timestamp is the broker's append time of the batch, not the producer's clock", async () => {
    const topic = await freshTopic();
    const sender = await producer();
    await sender.send([record(topic, '0'), record(topic, '1')]);
    await sender.send([record(topic, '2')]);
    const watched = await reader(topic);
    await eventually(() => expect(watched.records).toHaveLength(3));
    const [first, second, third] = watched.records.map(({ timestamp }) => timestamp);
    expect(first).toBe(second);
    expect(third).toBeGreaterThanOrEqual(second!);
  });

  it('sends that nobody awaited keep their order', async () => {
    const topic = await freshTopic();
    const sender = await producer();
    await Promise.all(Array.from({ length: 50 }, (_, n) => sender.send([record(topic, `${n}`)])));
    const watched = await reader(topic);
    await eventually(() => expect(watched.records).toHaveLength(50));
    expect(watched.values).toEqual(Array.from({ length: 50 }, (_, n) => `${n}`));
  });

  it('records of several topics leave with one send, each topic in order', async () => {
    const [a, b] = [await freshTopic(), await freshTopic()];
    await (await producer()).send([record(a, 'a0'), record(b, 'b0'), record(a, 'a1'), record(b, 'b1')]);
    const [first, second] = [await reader(a), await reader(b)];
    await eventually(() => expect([first.values, second.values]).toEqual([['a0', 'a1'], ['b0', 'b1']]));
  });

  it('keys go to the partitions that the Java client would choose', async () => {
    // Hashes of Apache Kafka's own test of murmur2; its default partitioner clears the sign and takes the remainder.
    const hashes = { '21': -973932308, foobar: -790332482, 'a-little-bit-long-string': -985981536, abc: 479470107 };
    const topic = await freshTopic(7);
    await (await producer()).send(Object.keys(hashes).map((key) => record(topic, key, key)));
    const watched = await reader(topic);
    await eventually(() => expect(watched.records).toHaveLength(4));
    const where = Object.fromEntries(watched.records.map(({ value, partition }) => [String(value), partition]));
    expect(where).toEqual(Object.fromEntries(Object.entries(hashes).map(([key, hash]) => [key, (hash & 0x7fffffff) % 7])));
  });

  it('a topic that does not exist is refused in seconds, and the producer goes on', async () => {
    const topic = await freshTopic();
    const sender = await producer();
    const begun = performance.now();
    await expect(sender.send([record('does-not-exist', 'x')])).rejects.toMatchObject({ name: 'ProducerError', code: 'UNKNOWN_TOPIC_OR_PARTITION', retryable: false });
    expect(performance.now() - begun).toBeLessThan(6000);
    await sender.send([record(topic, 'y')]);
  });

  it('a record that is too large is refused for good, and the producer goes on', async () => {
    const topic = await freshTopic();
    const sender = await producer();
    await expect(sender.send([record(topic, 'x'.repeat(2_000_000))])).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE', retryable: false });
    await sender.send([record(topic, 'small')]);
    const watched = await reader(topic);
    await eventually(() => expect(watched.values).toEqual(['small']));
  });

  it('a closed producer refuses to send instead of connecting again', async () => {
    const sender = await client().producer();
    await sender.close();
    await expect(sender.send([record('t', 'x')])).rejects.toMatchObject({ code: 'PRODUCER_CLOSED', retryable: false });
  });
});
