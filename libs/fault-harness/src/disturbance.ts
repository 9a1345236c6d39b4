// SPDX-License-Identifier: Apache-2.0
// Invariant of `disturb`: once `begin` was called, `end` is called exactly once, whatever fails and whoever interrupts;
// and if the process exits before that, `endNow` is.
import { FaultError } from './errors.js';
import { atExit } from './last-resort.js';
import { orAborted } from './waiting.js';

/** One thing that goes wrong, and how it is put right. */
export interface Disturbance {
  /** What happens to whom, such as `freeze action-1`. */
  readonly name: string;
  /** Why it cannot be made on this machine and what would help; nothing when it can. */
  unmet?(): string | undefined | Promise<string | undefined>;
  begin(signal: AbortSignal): void | Promise<void>;
  /** Resolves when it has lasted long enough. @default at once */
  hold?(signal: AbortSignal): void | Promise<void>;
  /** Puts everything right, also after half a `begin`; takes no signal, because nothing may keep it from that. */
  end(): void | Promise<void>;
  /** The part of `end` that the system would otherwise be left with when this process exits: synchronous, and may be called after nothing was begun. */
  endNow?(): void;
}

/** When a disturbance was made, milliseconds since the epoch. */
export interface Lasted {
  readonly begunAt: number;
  /** From here on nothing disturbs any more but what putting it right takes. */
  readonly liftedAt: number;
  readonly endedAt: number;
}

/**
 * Makes a disturbance, lets it last, and puts everything right.
 * @throws FaultError `precondition_unmet`; the signal's reason; or what failed, both as an AggregateError where putting it right failed too
 */
export async function disturb(disturbance: Disturbance, signal: AbortSignal): Promise<Lasted> {
  signal.throwIfAborted();
  const unmet = await disturbance.unmet?.();
  if (unmet !== undefined) throw new FaultError('precondition_unmet', `${disturbance.name} cannot be done here: ${unmet}`);
  const settled = atExit(() => disturbance.endNow?.());
  const begunAt = Date.now();
  const failures: unknown[] = [];
  try {
    await disturbance.begin(signal);
    await orAborted(Promise.resolve(disturbance.hold?.(signal)), signal);
  } catch (error) {
    failures.push(error);
  }
  const liftedAt = Date.now();
  try {
    await disturbance.end();
    settled();
  } catch (error) {
    failures.push(error);
  }
  if (failures.length > 1) throw new AggregateError(failures, `${disturbance.name} failed, and so did putting it right: ${failures.map(String).join('; ')}`);
  if (failures.length > 0) throw failures[0];
  return { begunAt, liftedAt, endedAt: Date.now() };
}
