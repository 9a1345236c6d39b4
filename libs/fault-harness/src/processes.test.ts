// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { disturb } from './disturbance.js';
import { type FaultableProcess, frozen, killed, serverKilled, stopped } from './processes.js';
import { until } from './waiting.js';

const never = new AbortController().signal;

/** A process that does nothing, so that a test can do things to it. */
class Idle implements FaultableProcess {
  readonly name = 'idle-1';
  private child: ChildProcess = this.spawned();

  get pid(): number | undefined {
    return this.child.exitCode === null && this.child.signalCode === null ? this.child.pid : undefined;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async stop(): Promise<void> {
    this.kill('SIGTERM');
    await this.gone();
  }

  async gone(): Promise<void> {
    if (this.pid !== undefined) await once(this.child, 'exit');
  }

  start(): void {
    this.child = this.spawned();
  }

  private spawned(): ChildProcess {
    return spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  }
}

let idle: Idle | undefined;
const victim = (): Idle => (idle = new Idle());
afterEach(() => idle?.kill('SIGKILL'));

describe('kill -9', () => {
  it('the process that comes back is another one', async () => {
    const one = victim();
    const before = one.pid;
    await disturb(killed(one, () => expect(one.pid).toBeUndefined()), never);
    expect(one.pid).toBeDefined();
    expect(one.pid).not.toBe(before);
  });

  it('a victim that does not run is an error, not a kill that counts', async () => {
    const one = victim();
    await one.stop();
    await expect(disturb(killed(one), never)).rejects.toMatchObject({ code: 'not_running' });
  });
});

/** `T` while a process is stopped, as proc(5) says. */
const stateOf = (pid: number): string | undefined => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];

describe.skipIf(process.platform !== 'linux')('a freeze', () => {
  it('stands still while it lasts, and is the same process afterwards', async () => {
    const one = victim();
    const pid = one.pid!;
    await disturb(frozen(one, async () => void (await until('it stands still', { limitMs: 5_000 }, () => stateOf(pid) === 'T'))), never);
    await until('it goes on', { limitMs: 5_000 }, () => stateOf(pid) !== 'T');
    expect(one.pid).toBe(pid);
  });

  it('a victim is not left frozen when what was waited for never came', async () => {
    const one = victim();
    await expect(disturb(frozen(one, () => Promise.reject(new Error('no rebalance came'))), never)).rejects.toThrow('no rebalance came');
    await until('it goes on', { limitMs: 5_000 }, () => stateOf(one.pid!) !== 'T');
  });
});

describe('a stop in between', () => {
  it('the work is done while the process is away, and it comes back even if the work fails', async () => {
    const one = victim();
    const rewound = stopped(one, 'rewind', () => {
      expect(one.pid).toBeUndefined();
      throw new Error('the coordinator is away');
    });
    await expect(disturb(rewound, never)).rejects.toThrow('the coordinator is away');
    expect(one.pid).toBeDefined();
  });
});

describe('kill -9 of a server', () => {
  it('it is brought up although the wait meanwhile failed', async () => {
    const done: string[] = [];
    const server = { name: 'broker', takeDown: (how: string) => Promise.resolve(void done.push(how)), bringUp: () => Promise.resolve(void done.push('up')) };
    await expect(disturb(serverKilled(server, () => Promise.reject(new Error('interrupted'))), never)).rejects.toThrow('interrupted');
    expect(done).toEqual(['SIGKILL', 'up']);
  });
});
