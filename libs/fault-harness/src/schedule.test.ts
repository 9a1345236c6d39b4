// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { describeSchedule, inTurn, schedule } from './schedule.js';

const choices = ['action', 'approval', 'audit', 'console', 'identity', 'ingestion', 'reasoning'].map((name) => ({ name }));
const planOf = (seed: number, purpose = 'kills'): string[] => describeSchedule(schedule(choices, { seed, purpose, steps: 20 }));

describe('a schedule', () => {
  it('a run that failed can be repeated: the same seed gives the same plan', () => {
    expect(planOf(7)).toEqual(planOf(7));
  });

  it('another seed, or another purpose, is another plan', () => {
    expect(planOf(8)).not.toEqual(planOf(7));
    expect(planOf(7, 'freeze')).not.toEqual(planOf(7));
  });

  it('nobody is spared: each is chosen once before one is chosen twice', () => {
    const plan = schedule(choices, { seed: 3, steps: 14 });
    for (const round of [plan.slice(0, 7), plan.slice(7)]) expect(new Set(round.map(({ choice }) => choice.name)).size).toBe(7);
  });

  it('no wait is longer than was said', () => {
    const waits = schedule(choices, { seed: 5, steps: 200, longestWaitMs: 50 }).map(({ afterMs }) => afterMs);
    expect(Math.max(...waits)).toBeLessThanOrEqual(50);
    expect(new Set(waits).size).toBeGreaterThan(10);
  });

  it('nothing to choose from is an empty plan', () => {
    expect(schedule([], { seed: 1, steps: 5 })).toEqual([]);
  });
});

describe('steps in turn', () => {
  it('a step begins only when the one before is over', async () => {
    const log: string[] = [];
    await inTurn(schedule(choices.slice(0, 3), { seed: 1, longestWaitMs: 0 }), new AbortController().signal, async ({ name }) => {
      log.push(`begin ${name}`);
      await Promise.resolve();
      log.push(`end ${name}`);
    });
    expect(log.map((line) => line.split(' ')[0])).toEqual(['begin', 'end', 'begin', 'end', 'begin', 'end']);
  });

  it('an interruption ends the wait before a step', async () => {
    const over = new AbortController();
    const carriedOut: string[] = [];
    const running = inTurn([{ choice: 'first', afterMs: 0 }, { choice: 'second', afterMs: 3_600_000 }], over.signal, (choice) => {
      carriedOut.push(choice);
      over.abort(new Error('interrupted'));
      return Promise.resolve();
    });
    await expect(running).rejects.toThrow('interrupted');
    expect(carriedOut).toEqual(['first']);
  });
});
