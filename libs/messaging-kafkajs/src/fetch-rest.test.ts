// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { restAfterFetches, restBetweenFetches } from './fetch-rest.js';
import { insideKafkaJs } from './version-guard.js';

interface Group {
  readonly groupId: string;
  fetch(nodeId: string): Promise<readonly { isEmpty(): boolean }[]>;
}

const { prototype } = insideKafkaJs<{ prototype: Group }>('consumer/consumerGroup', 'its test');
const something = [{ isEmpty: () => false }];
const nothing = [{ isEmpty: () => true }];
let bring: typeof something;
/** When each fetch left for the broker. */
let fetched: number[];
prototype.fetch = () => {
  fetched.push(Date.now());
  return Promise.resolve(bring);
};
restAfterFetches();

const groupOf = (groupId: string): Group => Object.assign(Object.create(prototype) as Group, { groupId });

describe('a consumer that rests', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
    [bring, fetched] = [something, []];
    restBetweenFetches('resting', 200);
  });
  afterEach(() => vi.useRealTimers());

  it('lets what comes meanwhile come together', async () => {
    const group = groupOf('resting');
    await group.fetch('0');
    const second = group.fetch('0');
    await vi.advanceTimersByTimeAsync(199);
    expect(fetched).toEqual([0]);
    await vi.advanceTimersByTimeAsync(1);
    await second;
    expect(fetched).toEqual([0, 200]);
  });

  it('rests no longer when the clock is set back meanwhile', async () => {
    const group = groupOf('resting');
    vi.setSystemTime(360_000);
    await group.fetch('0');
    vi.setSystemTime(0);
    const second = group.fetch('0');
    await vi.advanceTimersByTimeAsync(200);
    await second;
    expect(fetched).toHaveLength(2);
  });

  it('waits for nothing after a fetch that brought nothing, so that the first record after silence comes at once', async () => {
    const group = groupOf('resting');
    bring = nothing;
    await group.fetch('0');
    await group.fetch('0');
    expect(fetched).toEqual([0, 0]);
  });

  it('holds up no other group, and no longer its own when it does not ask for rest any more', async () => {
    for (const group of [groupOf('other'), groupOf('resting')]) {
      restBetweenFetches('resting', 0);
      await group.fetch('0');
      await group.fetch('0');
    }
    expect(fetched).toEqual([0, 0, 0, 0]);
  });
});
