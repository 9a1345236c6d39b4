// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Watermark } from './watermark.js';

const entry = (offset: bigint) => ({ offset, finished: false });

describe('watermark', () => {
  it('never passes an unfinished offset, whatever the order of finishing (against a model)', () => {
    const gapsAndOrder = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 200 }).chain((gaps) => fc.tuple(fc.constant(gaps), fc.shuffledSubarray(gaps.map((_, index) => index), { minLength: 0 })));
    fc.assert(
      fc.property(gapsAndOrder, ([gaps, order]) => {
        let offset = 0n;
        const entries = gaps.map((gap) => entry((offset += BigInt(gap))));
        const watermark = new Watermark<{ offset: bigint; finished: boolean }>();
        for (const one of entries) watermark.take(one);
        const done = new Set<number>();
        for (const index of order) {
          const before = watermark.position;
          const moved = watermark.finish(entries.at(index)!);
          done.add(index);
          const firstOpen = entries.findIndex((_, at) => !done.has(at));
          const expected = firstOpen === -1 ? entries.at(-1)!.offset + 1n : entries.at(firstOpen)!.offset;
          expect(watermark.position).toBe(expected);
          expect(moved).toBe(expected !== before);
          expect(watermark.open).toBe(entries.length - done.size);
        }
      }),
    );
  });

  it('interleaved taking and finishing keeps the position at the oldest unfinished one', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant('take' as const), fc.nat(50)), { maxLength: 400 }), (steps) => {
        const watermark = new Watermark<{ offset: bigint; finished: boolean }>();
        const taken: { offset: bigint; finished: boolean }[] = [];
        for (const step of steps) {
          if (step === 'take') {
            const one = entry(BigInt(taken.length));
            taken.push(one);
            watermark.take(one);
          } else {
            const one = taken.at(step);
            if (one) watermark.finish(one);
          }
          const open = taken.find((one) => !one.finished);
          expect(watermark.position).toBe(open?.offset ?? (taken.length === 0 ? undefined : BigInt(taken.length)));
          expect(watermark.oldest).toBe(open);
        }
      }),
    );
  });

  it('an entry finished twice is not counted twice', () => {
    const watermark = new Watermark<{ offset: bigint; finished: boolean }>();
    const [a, b] = [entry(0n), entry(1n)];
    watermark.take(a);
    watermark.take(b);
    watermark.finish(b);
    watermark.finish(b);
    expect(watermark.open).toBe(1);
    expect(watermark.position).toBe(0n);
  });

  it('an offset taken a second time is refused, or a refetch would be handled twice', () => {
    const watermark = new Watermark();
    watermark.take(entry(7n));
    expect(() => watermark.take(entry(7n))).toThrow(/offset order/);
  });
});
