// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { PartitionProgress } from './partition-progress.js';

const ends = (...highs: number[]) => highs.map((high, partition) => ({ partition, low: 0n, high: BigInt(high) }));

describe('how far partitions have been read', () => {
  it('a topic of which not all partitions are known is not past anything', () => {
    const progress = new PartitionProgress();
    expect(progress.isPast('t', 0)).toBe(false);
    progress.ends('t', ends(1, 0), 100);
    progress.settled('t', 0, 1n, 50);
    expect(progress.isPast('t', 100)).toBe(false);
    progress.ends('t', ends(1, 0), 120);
    expect(progress.isPast('t', 100)).toBe(true);
    expect(progress.isPast('t', 120)).toBe(true);
    expect(progress.isPast('t', 121)).toBe(false);
  });

  it('a record appended later settles everything before it without asking', () => {
    const progress = new PartitionProgress();
    progress.settled('t', 0, 8n, 200);
    expect(progress.isPast('t', 199)).toBe(true);
    // Brokers may append several records in one millisecond.
    expect(progress.isPast('t', 200)).toBe(false);
  });

  it('a partition that was read to its end before a restart counts by its committed offset', () => {
    const progress = new PartitionProgress();
    progress.settled('t', 0, 8n, -Infinity);
    progress.ends('t', ends(8), 500);
    expect(progress.isPast('t', 500)).toBe(true);
    progress.ends('t', ends(9), 600);
    expect(progress.isPast('t', 600)).toBe(false);
  });

  it('the slowest partition of all topics says how far the log has come', () => {
    const progress = new PartitionProgress();
    progress.settled('a', 0, 1n, 300);
    progress.settled('b', 0, 1n, 100);
    expect(progress.settledThrough(['a', 'b'])).toBe(100);
    progress.ends('b', ends(1), 400);
    expect(progress.settledThrough(['a', 'b'])).toBe(300);
    expect(progress.settledThrough(['a', 'b', 'c'])).toBe(-Infinity);
  });
});
