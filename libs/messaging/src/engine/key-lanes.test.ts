// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settled } from '../testing/index.js';
import { BatchLane, KeyLanes } from './key-lanes.js';

interface Item {
  readonly key: string;
  readonly n: number;
}

/** A handler whose calls end when the test says so. */
function manual() {
  const open: { items: readonly Item[]; end: () => void }[] = [];
  const run = (items: readonly Item[]): Promise<void> => new Promise((resolve) => open.push({ items, end: resolve }));
  return { open, run };
}

describe('key lanes', () => {
  it('items of one key start in order and never two at a time, whatever ends first (against a model)', async () => {
    const itemsAndEnds = fc.tuple(fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 40 }), fc.array(fc.nat(1000), { maxLength: 60 }), fc.integer({ min: 1, max: 8 }));
    await fc.assert(
      fc.asyncProperty(itemsAndEnds, async ([keys, ends, count]) => {
        const { open, run } = manual();
        const running = new Map<string, number>();
        const started: Item[] = [];
        const lanes = new KeyLanes<Item>(
          count,
          (item) => Buffer.from(item.key),
          async (item) => {
            expect(running.get(item.key) ?? 0).toBe(0);
            running.set(item.key, 1);
            started.push(item);
            await run([item]);
            running.set(item.key, 0);
          },
          () => true,
        );
        for (const [n, key] of keys.entries()) lanes.push({ key, n });
        for (let at = 0; open.length > 0; at++) {
          const index = (ends[at] ?? 0) % open.length;
          open.splice(index, 1).at(0)!.end();
          await Promise.resolve();
          await Promise.resolve();
          await Promise.resolve();
        }
        expect(started.length).toBe(keys.length);
        for (const key of new Set(keys)) {
          const order = started.filter((item) => item.key === key).map((item) => item.n);
          expect(order).toEqual(order.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('a slow key does not hold up another', async () => {
    const { open, run } = manual();
    const lanes = new KeyLanes<Item>(64, (item) => Buffer.from(item.key), (item) => run([item]), () => true);
    lanes.push({ key: 'slow', n: 0 });
    lanes.push({ key: 'quick', n: 1 });
    await settled();
    expect(open.map(({ items }) => items.at(0)!.key)).toEqual(['slow', 'quick']);
  });

  it('nothing starts while it may not, and all of it starts afterwards in order', async () => {
    let may = false;
    const started: number[] = [];
    const lanes = new KeyLanes<Item>(4, (item) => Buffer.from(item.key), async (item) => void started.push(item.n), () => may);
    for (let n = 0; n < 3; n++) lanes.push({ key: 'a', n });
    await settled();
    expect(started).toEqual([]);
    may = true;
    lanes.resume();
    await settled();
    expect(started).toEqual([0, 1, 2]);
  });

  it('what was cleared never starts, though its lane was running', async () => {
    const { open, run } = manual();
    const lanes = new KeyLanes<Item>(1, () => null, (item) => run([item]), () => true);
    lanes.push({ key: 'a', n: 0 });
    lanes.push({ key: 'a', n: 1 });
    lanes.clear();
    open.shift()!.end();
    await settled();
    expect(open).toEqual([]);
  });
});

describe('batch lane', () => {
  it('hands over what came meanwhile as one batch, in order, at most the limit', async () => {
    const { open, run } = manual();
    const lane = new BatchLane<Item>(3, run, () => true);
    for (let n = 0; n < 2; n++) lane.push({ key: 'a', n });
    await settled();
    for (let n = 2; n < 7; n++) lane.push({ key: 'a', n });
    const batches: number[][] = [];
    while (open.length > 0) {
      const { items, end } = open.shift()!;
      batches.push(items.map((item) => item.n));
      end();
      await settled();
    }
    expect(batches).toEqual([[0, 1], [2, 3, 4], [5, 6]]);
  });
});
