// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import type { ActionState } from './action-state.js';
import { overdueMs, RunOrder } from './run-order.js';

const state = (change: object): ActionState => change as ActionState;
const held = (againAt: number): ActionState => state({ state: 'held', againAt });
const settled = state({ state: 'settled' });
let order: RunOrder;
beforeEach(() => (order = new RunOrder()));

describe('the order of the actions of a run', () => {
  it('an action waits for an earlier one of its run, and for none of another', () => {
    order.saw('run', 'first', held(1_000));
    expect(order.isNext('run', 'second', 0)).toBe(false);
    expect(order.isNext('run', 'first', 0)).toBe(true);
    expect(order.isNext('other', 'second', 0)).toBe(true);
    order.saw('run', 'first', settled);
    expect(order.isNext('run', 'second', 0)).toBe(true);
  });

  it('one that is taken up again keeps its place', () => {
    order.saw('run', 'first', held(1_000));
    order.saw('run', 'second', held(500));
    order.saw('run', 'first', state({ state: 'sent', lookAt: 9_000 }));
    expect(order.isNext('run', 'second', 800)).toBe(false);
  });

  it('waits no longer for one that another process may have taken over, or of which nobody knows what came of it', () => {
    order.saw('run', 'first', held(1_000));
    expect(order.isNext('run', 'second', 1_000 + overdueMs)).toBe(false);
    expect(order.isNext('run', 'second', 1_001 + overdueMs)).toBe(true);
    order.saw('run', 'third', held(1_000));
    order.saw('run', 'third', state({ state: 'sent', lookAt: 9_000, uncertain: { since: 1 } }));
    expect(order.isNext('run', 'fourth', 0)).toBe(true);
  });
});
