// SPDX-License-Identifier: Apache-2.0
import type { Gap } from '@nervus/verifier';
import { describe, expect, it } from 'vitest';
import { GapWatch } from './gap-watch.js';

const hole = (from: number, to: number, state: Gap['state'] = 'open'): Gap => ({ producer: 'p', epoch: 'e', from, to, state });

describe('when a hole is a gap', () => {
  it('only thirty seconds after all partitions were read past the instant at which it was noticed', () => {
    const watch = new GapWatch(30);
    expect(watch.look([hole(4, 6)], 1000, 990)).toEqual([]);
    expect(watch.look([hole(4, 6)], 5000, 999)).toEqual([]);
    expect(watch.look([hole(4, 6)], 6000, 1000)).toEqual([]);
    expect(watch.brokenProcesses().size).toBe(0);
    expect(watch.look([hole(4, 6)], 6030, 1000)).toEqual([{ gap: hole(4, 6), status: 'open' }]);
    expect([...watch.brokenProcesses()]).toEqual(['p e']);
    expect(watch.look([hole(4, 6)], 7000, 1000)).toEqual([]);
  });

  it('a hole that closes in time is never told of', () => {
    const watch = new GapWatch(30);
    watch.look([hole(4, 6)], 1000, 1000);
    expect(watch.look([], 1029, 1029)).toEqual([]);
    expect(watch.isWatching).toBe(false);
  });

  it('what is left of a gap stays a gap, and is filled when it is whole', () => {
    const watch = new GapWatch(30);
    watch.look([hole(4, 6)], 0, 0);
    watch.look([hole(4, 6)], 30, 30);
    expect(watch.look([hole(4, 4), hole(6, 6)], 40, 40)).toEqual([
      { gap: hole(4, 4), status: 'open' },
      { gap: hole(6, 6), status: 'open' },
      { gap: hole(4, 6), status: 'filled' },
    ]);
    expect(watch.brokenProcesses().size).toBe(1);
    expect(watch.look([], 50, 50)).toEqual([{ gap: hole(4, 4), status: 'filled' }, { gap: hole(6, 6), status: 'filled' }]);
    expect(watch.brokenProcesses().size).toBe(0);
  });

  it('the numbers of a sealed epoch are recovered, told of once', () => {
    const watch = new GapWatch(30);
    watch.look([hole(4, 6)], 0, 0);
    watch.look([hole(4, 6)], 30, 30);
    const recovered = hole(4, 6, 'recovered');
    const changes = watch.look([recovered], 40, 40);
    expect(changes.map(({ status }) => status)).toEqual(['recovered', 'recovered']);
    expect(watch.look([recovered], 50, 50)).toEqual([]);
    expect(watch.brokenProcesses().size).toBe(0);
  });
});
