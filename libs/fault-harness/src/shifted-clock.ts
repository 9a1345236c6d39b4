// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Disturbance } from './disturbance.js';
import { preload } from './preload.js';
import { until } from './waiting.js';

const takenOverMs = 30_000;

/** The wall clock of Node processes that were started with its environment; those of others, and timers, go on as before. */
export class ShiftedClock {
  /** @param file through which the processes are told; its folder is made */
  constructor(private readonly file: string) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '0');
  }

  /** Environment variables of a process under this clock. */
  get environment(): Readonly<Record<'NODE_OPTIONS' | 'FAULT_CLOCK_FILE', string>> {
    return { NODE_OPTIONS: preload('shifted-clock'), FAULT_CLOCK_FILE: this.file };
  }

  /** Sets the clock so many milliseconds ahead of the machine's; 0 is the machine's own. */
  set(ms: number): void {
    writeFileSync(this.file, String(Math.round(ms)));
  }

  /** What a running process has taken over, in milliseconds; undefined before its first look. */
  inForce(pid: number): number | undefined {
    try {
      return Number(readFileSync(`${this.file}.${pid}`, 'utf8'));
    } catch {
      return undefined;
    }
  }
}

interface Timekeeper {
  readonly name: string;
  readonly pid: number | undefined;
}

/** Sets the clock of a process ahead or back by so many milliseconds, and right again. A process that ends meanwhile comes back under the same clock. */
export function clockShifted(clock: ShiftedClock, victim: Timekeeper, ms: number, hold: NonNullable<Disturbance['hold']>): Disturbance {
  const minutes = `${ms > 0 ? '+' : '−'}${Math.abs(ms) / 60_000} min`;
  const set = async (shift: number): Promise<void> => {
    clock.set(shift);
    await until(`${victim.name} has taken over a clock of ${shift} ms`, { limitMs: takenOverMs }, () => victim.pid !== undefined && clock.inForce(victim.pid) === Math.round(shift));
  };
  return { name: `clock of ${victim.name} ${minutes}`, begin: () => set(ms), hold, end: () => set(0), endNow: () => clock.set(0) };
}
