// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { identityOf, isRunning } from './process-identity.js';
import { runCommand } from './run-command.js';

const options = { environment: process.env, timeoutMs: 10_000 };

it('tells a missing command from one that failed', async () => {
  await expect(runCommand('no-such-command-here', [], options)).resolves.toBeUndefined();
  await expect(runCommand('sh', ['-c', 'echo out; echo err >&2; exit 3'], options)).resolves.toEqual({ status: 3, output: 'out\nerr\n' });
});

it('ends the children of a command too when the start is given up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nervus-run-'));
  const giveUp = new AbortController();
  // The shell's child would otherwise outlive it.
  const run = runCommand('sh', ['-c', 'sleep 60 & echo $! > pid; wait'], { ...options, cwd: folder, signal: giveUp.signal });
  const sleeper = await vi.waitFor(() => {
    const identity = identityOf(Number(readFileSync(join(folder, 'pid'), 'utf8')));
    expect(identity).toBeDefined();
    return identity;
  });
  giveUp.abort();
  await expect(run).rejects.toMatchObject({ code: 'aborted' });
  await expect.poll(() => sleeper && isRunning(sleeper)).toBe(false);
  rmSync(folder, { recursive: true });
});

it('ends a command that takes too long', async () => {
  await expect(runCommand('sleep', ['60'], { ...options, timeoutMs: 50 })).resolves.toMatchObject({ status: null });
});
