// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberSet } from './number-set.js';

describe('a dense set of numbers', () => {
  it('numbers that arrive interleaved end in one watermark without holes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }).chain((count) => fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count })), (order) => {
        const numbers = new NumberSet();
        for (const n of order) expect(numbers.add(n)).toBe('added');
        expect(numbers.watermark).toBe(order.length);
        expect(numbers.holes()).toEqual([]);
        expect(numbers.broken).toBe(false);
      }),
    );
  });

  it('holes are exactly what is missing, whatever the order of arrival', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 })), (order) => {
        const numbers = new NumberSet();
        const model = new Set<number>();
        for (const n of order) {
          expect(numbers.add(n)).toBe(model.has(n) ? 'present' : 'added');
          model.add(n);
        }
        const highest = Math.max(-1, ...model);
        expect(numbers.highest).toBe(highest);
        const missing = numbers.holes().flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
        expect(missing).toEqual([...Array(highest + 1).keys()].filter((n) => !model.has(n)));
        for (let n = 0; n <= highest + 1; n++) expect(numbers.has(n)).toBe(model.has(n));
      }),
    );
  });

  it('a producer that scatters its numbers cannot make the set grow without bound', () => {
    const numbers = new NumberSet(3);
    expect([10, 20, 30, 40].map((n) => numbers.add(n))).toEqual(['added', 'added', 'added', 'full']);
    expect(numbers.add(11)).toBe('added');
    expect(numbers.has(40)).toBe(false);
    expect(numbers.holes()).toHaveLength(3);
  });
});
