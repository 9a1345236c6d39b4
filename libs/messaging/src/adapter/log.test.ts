// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { withoutRepetition } from './log.js';

describe('what a client logs', () => {
  it('a broker that is away does not fill the log, and how often it was tried is not lost', () => {
    const told: unknown[] = [];
    let now = 0;
    const log = withoutRepetition((...line) => told.push(line), () => now);
    for (; now < 10_000; now += 100) log('warn', 'refused', {});
    log('warn', 'refused', {});
    log('warn', 'something else', {});
    expect(told).toEqual([['warn', 'refused', {}], ['warn', 'refused', { repeated: 99 }], ['warn', 'something else', {}]]);
  });
});
