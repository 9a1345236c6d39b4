// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { readRecords } from './read-records.js';
import { FakeClock, MemoryBroker } from './testing/index.js';

function world() {
  const clock = new FakeClock();
  const broker = new MemoryBroker(clock);
  broker.createTopic('t', 2);
  broker.append(Array.from({ length: 40 }, (_, n) => ({ topic: 't', key: Buffer.from(`key-${n % 7}`), value: Buffer.from(String(n)), headers: {} })));
  return { broker, read: (ranges: Parameters<typeof readRecords>[0]) => readRecords(ranges, { client: broker.client(), clock, groupId: 'reading', limitMs: 1000 }) };
}

describe('reading records past their group', () => {
  it('gives exactly the ranges asked for, in order, and leaves no group behind', async () => {
    const { broker, read } = world();
    const records = await read([{ topic: 't', partition: 0, from: 2n, to: 5n }, { topic: 't', partition: 1, from: 0n, to: 1n }]);
    expect(records.filter(({ partition }) => partition === 0).map(({ offset }) => offset)).toEqual([2n, 3n, 4n]);
    expect(records.filter(({ partition }) => partition === 1).map(({ offset }) => offset)).toEqual([0n]);
    expect(broker.groupIds()).toEqual([]);
  });

  it('what is not there yet is not waited for', async () => {
    const { broker, read } = world();
    const { high } = (await (await broker.client().admin()).endOffsets('t'))[0]!;
    expect(await read([{ topic: 't', partition: 0, from: high - 1n, to: high + 100n }])).toHaveLength(1);
    expect(await read([{ topic: 't', partition: 0, from: high, to: high + 100n }])).toEqual([]);
    expect(await read([])).toEqual([]);
  });

  it('a partition that does not exist is named', async () => {
    await expect(world().read([{ topic: 't', partition: 9, from: 0n, to: 1n }])).rejects.toMatchObject({ code: 'partition_unknown', message: expect.stringContaining('9') as string });
  });
});
