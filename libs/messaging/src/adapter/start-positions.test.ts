// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { nameOf } from './membership.js';
import { StartPositions } from './start-positions.js';

const p = (partition: number) => ({ topic: 't', partition });
const end = (partition: number, high: bigint) => ({ ...p(partition), low: 0n, high });
const kept = (...partitions: number[]) => new Set(partitions.map((partition) => nameOf(p(partition))));

describe('where a consumer begins', () => {
  it('the end is the one at start, or records written between start and first fetch are skipped', () => {
    const positions = new StartPositions([end(0, 7n), end(1, 3n)], []);
    expect(positions.after([p(0), p(1)], kept())).toEqual([{ ...p(0), offset: 7n }, { ...p(1), offset: 3n }]);
  });

  it('a group that never commits goes on behind what it took, or a rejoin skips what came meanwhile', () => {
    const positions = new StartPositions([end(0, 7n)], []);
    positions.after([p(0)], kept());
    positions.taken(p(0), 9n);
    expect(positions.after([p(0)], kept(0))).toEqual([{ ...p(0), offset: 9n }]);
  });

  it('a partition that another process had meanwhile is not resumed from memory', () => {
    const positions = new StartPositions([end(0, 7n), end(1, 0n)], []);
    positions.after([p(0), p(1)], kept());
    positions.taken(p(0), 9n);
    positions.after([p(1)], kept(1));
    expect(positions.after([p(0), p(1)], kept(1))).toEqual([{ ...p(1), offset: 0n }]);
  });

  it('a committed partition is left to its committed offset', () => {
    const positions = new StartPositions([end(0, 7n), end(1, 5n)], [p(1)]);
    positions.after([p(0), p(1)], kept());
    positions.taken(p(0), 9n);
    positions.taken(p(1), 6n);
    positions.committed(p(0));
    positions.taken(p(0), 10n);
    expect(positions.after([p(0), p(1)], kept(0, 1))).toEqual([]);
  });

  it('a partition that left is not known any more, and one that we never had is still read from the end at start', () => {
    const positions = new StartPositions([end(0, 7n), end(1, 3n)], []);
    positions.taken(p(0), 9n);
    positions.gone(p(0));
    expect([positions.of(p(0)), positions.of(p(1))]).toEqual([undefined, 3n]);
  });
});
