// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDataFolder } from './data-lock.js';
import { identityOf } from './process-identity.js';

let folder: string;
let other: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nervus-lock-'));
});
afterEach(() => {
  other?.kill('SIGKILL');
  other = undefined;
  rmSync(folder, { recursive: true });
});
const lockFile = (): string => join(folder, 'launcher.lock');

describe('the lock of a data folder', () => {
  it('refuses a second launcher, naming the process that holds it', () => {
    other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    lockDataFolder(folder, identityOf(other.pid ?? 0));
    expect(() => lockDataFolder(folder)).toThrow(expect.objectContaining({ code: 'data_folder_in_use', details: { dataDir: folder, pid: other.pid } }));
    expect(() => lockDataFolder(folder)).toThrow(`process ${other.pid}`);
  });

  it('refuses a second start in the same process', () => {
    lockDataFolder(folder);
    expect(() => lockDataFolder(folder)).toThrow('this very process');
  });

  it('is free again once it was let go, and leaves nothing behind', () => {
    lockDataFolder(folder).release();
    expect(readdirSync(folder)).toEqual([]);
    lockDataFolder(folder).release();
  });

  it.each([
    ['of a launcher that was killed', JSON.stringify({ pid: 2 ** 22 + 1, started: 'long ago' })],
    ['of a killed launcher whose number another process has now', JSON.stringify({ pid: process.pid, started: 'long ago' })],
    ['that is no JSON', '{"pid":'],
  ])('takes over a lock %s', (_, content) => {
    writeFileSync(lockFile(), content);
    lockDataFolder(folder);
    expect(JSON.parse(readFileSync(lockFile(), 'utf8'))).toMatchObject({ pid: process.pid });
    expect(readdirSync(folder)).toEqual(['launcher.lock']);
  });

  it('does not let go of a lock that somebody else took over meanwhile', () => {
    const first = lockDataFolder(folder);
    rmSync(lockFile());
    lockDataFolder(folder);
    first.release();
    expect(readdirSync(folder)).toEqual(['launcher.lock']);
  });
});
