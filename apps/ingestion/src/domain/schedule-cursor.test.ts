// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { claimSchedule, type ScheduleCursor, settleSchedule } from './schedule-cursor.js';

const taken = (result: ScheduleCursor | 'unchanged'): ScheduleCursor => {
  if (result === 'unchanged') throw new Error('it was not taken');
  return result;
};

describe('the cursor of a schedule', () => {
  it('a first start fires nothing of the past, and neither does a changed expression', () => {
    const first = taken(claimSchedule(undefined, '0 * * * * UTC', 'a', 1_000));
    expect(first.firedTo).toBe(1_000);
    const settled = taken(settleSchedule(first, 'a', 1_000));
    expect(taken(claimSchedule(settled, '5 * * * * UTC', 'a', 9_000)).firedTo).toBe(9_000);
    expect(taken(claimSchedule(settled, '0 * * * * UTC', 'a', 9_000)).firedTo).toBe(1_000);
  });

  it('one process fires at a time, and another goes on when it is gone', () => {
    const held = taken(claimSchedule(undefined, 's', 'a', 0));
    expect(claimSchedule(held, 's', 'b', 1_000)).toBe('unchanged');
    expect(taken(claimSchedule(held, 's', 'b', 20_001)).lease?.holder).toBe('b');
    expect(taken(claimSchedule(taken(settleSchedule(held, 'a', 500)), 's', 'b', 1_000))).toMatchObject({ firedTo: 500, lease: { holder: 'b' } });
  });

  it('who lost it settles nothing, and nobody settles backwards', () => {
    const held = taken(claimSchedule({ schedule: 's', firedTo: 900 }, 's', 'b', 1_000));
    expect(settleSchedule(held, 'a', 2_000)).toBe('unchanged');
    expect(settleSchedule(undefined, 'a', 2_000)).toBe('unchanged');
    expect(taken(settleSchedule(held, 'b', 800)).firedTo).toBe(900);
  });
});
