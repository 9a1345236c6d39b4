// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type Moment, PartitionProgress } from './partition-progress.js';

/** A moment at which all clocks show the same. */
const at = (instant: number): Moment => ({ appendedAt: instant, steady: instant });
const ends = (...highs: number[]) => highs.map((high, partition) => ({ partition, low: 0n, high: BigInt(high) }));

describe('how far partitions have been read', () => {
  it('a topic of which not all partitions are known is not past anything', () => {
    const progress = new PartitionProgress();
    expect(progress.isPast('t', at(0))).toBe(false);
    progress.ends('t', ends(1, 0), 100, 100);
    progress.settled('t', 0, 1n, 50);
    expect(progress.isPast('t', at(100))).toBe(false);
    progress.ends('t', ends(1, 0), 120, 120);
    expect(progress.isPast('t', at(100))).toBe(true);
    expect(progress.isPast('t', at(120))).toBe(true);
    expect(progress.isPast('t', at(121))).toBe(false);
  });

  it('a record appended later settles everything before it without asking', () => {
    const progress = new PartitionProgress();
    progress.settled('t', 0, 8n, 200);
    expect(progress.isPast('t', at(199))).toBe(true);
    // Brokers may append several records in one millisecond.
    expect(progress.isPast('t', at(200))).toBe(false);
  });

  it('a clock that was ahead when ends were asked makes nothing settled that came after it was right again', () => {
    const progress = new PartitionProgress();
    progress.settled('t', 0, 8n, 100);
    progress.ends('t', ends(8), 360_000, 10);
    expect(progress.isPast('t', { appendedAt: 200, steady: 20 })).toBe(false);
    progress.ends('t', ends(8), 210, 30);
    expect(progress.isPast('t', { appendedAt: 200, steady: 20 })).toBe(true);
  });

  it('a partition that was read to its end before a restart counts by its committed offset', () => {
    const progress = new PartitionProgress();
    progress.settled('t', 0, 8n, -Infinity);
    progress.ends('t', ends(8), 500, 500);
    expect(progress.isPast('t', at(500))).toBe(true);
    progress.ends('t', ends(9), 600, 600);
    expect(progress.isPast('t', at(600))).toBe(false);
  });

  it('the slowest partition of all topics says how far the log has come', () => {
    const progress = new PartitionProgress();
    progress.settled('a', 0, 1n, 300);
    progress.settled('b', 0, 1n, 100);
    expect(progress.settledThrough(['a', 'b'])).toBe(100);
    progress.ends('b', ends(1), 400, 400);
    expect(progress.settledThrough(['a', 'b'])).toBe(300);
    expect(progress.settledThrough(['a', 'b', 'c'])).toBe(-Infinity);
  });
});
