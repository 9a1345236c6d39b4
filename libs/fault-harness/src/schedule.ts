// SPDX-License-Identifier: Apache-2.0
import { seededRandom, shuffled } from './random.js';
import { pause } from './waiting.js';

/** One step of a plan: what happens, and how long nothing happens before it, in milliseconds. */
export interface Step<T> {
  readonly choice: T;
  readonly afterMs: number;
}

export interface ScheduleOptions {
  readonly seed: number;
  /** Keeps the plans of two scenarios under one seed apart. */
  readonly purpose?: string;
  /** @default one for each choice */
  readonly steps?: number;
  /** Longest wait before a step, in milliseconds. @default 3000 */
  readonly longestWaitMs?: number;
}

const defaultWaitMs = 3_000;

/** Every choice once in a random order, then again from the start. The same seed, purpose and choices give the same plan. */
export function schedule<T>(choices: readonly T[], options: ScheduleOptions): Step<T>[] {
  const random = seededRandom(options.seed, options.purpose);
  const order = shuffled(choices, random);
  const steps = choices.length === 0 ? 0 : (options.steps ?? choices.length);
  return Array.from({ length: steps }, (_, n) => ({ choice: order[n % order.length]!, afterMs: Math.round(random() * (options.longestWaitMs ?? defaultWaitMs)) }));
}

/** The plan for people, one step a line. */
export function describeSchedule(steps: readonly Step<{ readonly name: string }>[]): string[] {
  const width = String(steps.length).length;
  return steps.map(({ choice, afterMs }, n) => `${String(n + 1).padStart(width)}. after ${(afterMs / 1000).toFixed(1)} s: ${choice.name}`);
}

/** Carries out one step after the other, each when the one before is over. @throws the signal's reason as soon as it is aborted during a wait */
export async function inTurn<T>(steps: readonly Step<T>[], signal: AbortSignal, carryOut: (choice: T, n: number) => Promise<void>): Promise<void> {
  for (const [n, { choice, afterMs }] of steps.entries()) {
    await pause(afterMs, signal);
    await carryOut(choice, n);
  }
}
