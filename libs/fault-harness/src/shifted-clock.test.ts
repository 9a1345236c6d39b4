// SPDX-License-Identifier: Apache-2.0
/// <reference types="node" />
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { disturb } from './disturbance.js';
import { clockShifted, ShiftedClock } from './shifted-clock.js';

const minute = 60_000;
const never = new AbortController().signal;
let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'fault clock-'))));
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** A process that answers each line with all that it can know of the time. */
function timekeeper(clock: ShiftedClock): { readonly name: string; readonly pid: number; ask(): Promise<Record<string, number>> } {
  const program = `process.stdin.on('data', () => console.log(JSON.stringify({ now: Date.now(), made: +new Date(), called: Date.parse(Date()), fixed: +new Date(5), is: Number(new Date() instanceof Date), monotonic: performance.now() })))`;
  child = spawn(process.execPath, ['-e', program], { env: { ...process.env, ...clock.environment }, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    name: 'timekeeper', pid: child.pid!,
    ask: async () => {
      child?.stdin?.write('?\n');
      return JSON.parse(String((await lines.next()).value)) as Record<string, number>;
    },
  };
}

describe('a shifted clock', () => {
  it('every way to read the wall clock is ahead while it lasts, and right again afterwards', async () => {
    const clock = new ShiftedClock(join(folder, 'clock'));
    const one = timekeeper(clock);
    const before = await one.ask();
    let meanwhile: Record<string, number> = {};
    await disturb(clockShifted(clock, one, 5 * minute, async () => void (meanwhile = await one.ask())), never);
    const after = await one.ask();

    for (const way of ['now', 'made', 'called'] as const) {
      expect(meanwhile[way]! - before[way]!, way).toBeGreaterThanOrEqual(5 * minute - 1000);
      expect(after[way]! - before[way]!, way).toBeLessThan(4 * minute);
    }
    expect(meanwhile['fixed']).toBe(5);
    expect(meanwhile['is']).toBe(1);
    // What is measured and not read is not shifted, or timers would fire in bursts that no set clock causes.
    expect(meanwhile['monotonic']! - before['monotonic']!).toBeLessThan(4 * minute);
  });

  it('a clock may be behind', async () => {
    const clock = new ShiftedClock(join(folder, 'clock'));
    const one = timekeeper(clock);
    const before = await one.ask();
    await disturb(clockShifted(clock, one, -minute, async () => expect((await one.ask())['now']).toBeLessThan(before['now']!)), never);
  });
});
