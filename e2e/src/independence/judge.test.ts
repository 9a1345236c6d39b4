// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { agrees, type Item, judge, judgeBeats, judgeOpen } from './judge.js';

const absence = { from: 100_000, to: 160_000 };
/** One a second before, during and after the absence, each done when the function says. */
const items = (doneAt: (sentAt: number) => number | undefined): Item[] => Array.from({ length: 100 }, (_, n) => 80_000 + n * 1000 + 1).map((sentAt) => ({ sentAt, doneAt: doneAt(sentAt) }));

describe('what is asked for during an absence', () => {
  it('continues although the machine is slow', () => {
    expect(judge(items((at) => at + 20_000), absence)).toMatchObject({ is: 'continues', asked: 35, done: 35 });
  });

  it('does not continue because it was done after the absence', () => {
    expect(judge(items((at) => Math.max(at + 100, 170_000)), absence)).toMatchObject({ is: 'queues', afterSeconds: 0, done: 0 });
  });

  it('queues only if nothing of it stays undone', () => {
    expect(judge(items((at) => (at === 130_001 ? undefined : Math.max(at + 100, 170_000))), absence).is).toBe('lost');
  });

  it('tells how long what is on its way was still done', () => {
    expect(judge(items((at) => (at < absence.from ? at + 12_000 : 170_000)), absence)).toMatchObject({ is: 'queues', afterSeconds: 11 });
  });

  it('holds after a while, which is neither continuing nor queueing', () => {
    expect(judge(items((at) => (at < 115_000 ? at + 500 : 170_000)), absence)).toMatchObject({ is: 'holds', afterSeconds: 14.5 });
  });

  it('is done only in part where some are passed over', () => {
    expect(judge(items((at) => (at % 3_000 === 1 ? at + 500 : 170_000)), absence).is).toBe('partly');
  });

  it('does not answer where nothing waits for an answer', () => {
    expect(judge(items((at) => (at > absence.from && at < absence.to ? undefined : at + 10)), absence, false).is).toBe('away');
  });

  it('proves nothing when nothing was asked for', () => {
    expect(judge([], absence).is).toBe('unseen');
    expect(judgeOpen(items((at) => (at < absence.from ? at + 1 : 170_000)), absence).is).toBe('unseen');
  });
});

describe('what was open when the absence began', () => {
  it('continues only if all of it is done during the absence', () => {
    expect(judgeOpen(items(() => 120_000), absence)).toMatchObject({ is: 'continues', asked: 20, done: 20 });
    expect(judgeOpen(items((at) => (at === 90_001 ? 170_000 : 120_000)), absence).is).toBe('partly');
    expect(judgeOpen(items(() => 170_000), absence).is).toBe('queues');
    expect(judgeOpen(items((at) => (at === 90_001 ? undefined : 120_000)), absence).is).toBe('lost');
  });
});

describe('heartbeats', () => {
  it('of an idle process come seldom and are no silence, but one that has stopped is', () => {
    expect(judgeBeats([60_000, 125_000, 190_000], absence, 95_000).is).toBe('continues');
    expect(judgeBeats([100_500], { from: 100_000, to: 200_000 }, 95_000).is).toBe('away');
    expect(judgeBeats([], absence, 95_000).is).toBe('away');
  });
});

describe('the comparison with the documentation', () => {
  const documented = { is: 'holds', because: '', afterSeconds: [8, 40] } as const;

  it('takes another word, and seconds outside of the band, for a difference', () => {
    expect(agrees({ is: 'holds', afterSeconds: 15, asked: 1, done: 0 }, documented)).toBe(true);
    expect(agrees({ is: 'holds', afterSeconds: 2, asked: 1, done: 0 }, documented)).toBe(false);
    expect(agrees({ is: 'queues', afterSeconds: 15, asked: 1, done: 0 }, documented)).toBe(false);
    expect(agrees({ is: 'holds', asked: 1, done: 0 }, documented)).toBe(false);
  });
});
