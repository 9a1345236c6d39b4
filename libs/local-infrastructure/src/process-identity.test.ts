// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { identityOf, isRunning } from './process-identity.js';

describe('telling processes apart', () => {
  it.each(['linux', 'darwin'] as const)('knows this process, and the same one the next time (the way of %s)', (platform) => {
    if (platform === 'linux' && process.platform !== 'linux') return;
    const self = identityOf(process.pid, platform);
    expect(self?.pid).toBe(process.pid);
    expect(identityOf(process.pid, platform)).toEqual(self);
  });

  it('takes a process that was given the number of a dead one for another', () => {
    expect(isRunning({ pid: process.pid, started: 'at another time' })).toBe(false);
  });

  it('knows that an ended process runs no more', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const identity = identityOf(child.pid ?? 0);
    expect(identity && isRunning(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(identity && isRunning(identity)).toBe(false);
  });

  it('does not take a zombie for a running process', async ({ skip }) => {
    skip(process.platform !== 'linux', 'zombies are told apart on Linux alone');
    // The child ends when its input does, which is after the shell has become a sleep that never collects it.
    const parent = spawn('sh', ['-c', 'cat <&3 >/dev/null & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] });
    const [line] = (await once(parent.stdout!, 'data')) as [Buffer];
    const zombie = Number(line.toString());
    await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8').trim(), { timeout: 5000 }).toBe('sleep');
    expect(identityOf(zombie)).toBeDefined();
    (parent.stdio[3] as Writable).end();
    await expect.poll(() => identityOf(zombie), { timeout: 5000 }).toBeUndefined();
    process.kill(zombie, 0);
    parent.kill('SIGKILL');
  });
});
