// SPDX-License-Identifier: Apache-2.0

/** Time and timers, injected so that tests can move them. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs once after `ms`; the result cancels it. Never keeps the process alive by itself. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** A number in [0, 1), for jitter only. Injected, so that tests can fix it. */
export type Random = () => number;

export const systemRandom: Random = () => Math.random();
