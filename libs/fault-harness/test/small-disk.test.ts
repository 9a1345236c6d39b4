// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskFull, type DiskUser, disturb, SmallDisk } from '../src/index.js';

const unmet = await SmallDisk.unmet();
const never = new AbortController().signal;
let folder: string;

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'fault-disk-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('a small disk', () => {
  it('a server on it ends, and finds its data and space again when it comes back', async ({ skip }) => {
    skip(unmet !== undefined, unmet);
    const disk = await SmallDisk.mount(join(folder, 'data'), 4 * 1024 * 1024);
    const file = join(disk.folder, 'records');
    writeFileSync(file, 'acknowledged');
    const user: DiskUser & { running: boolean } = {
      name: 'server', running: true,
      takeDown: () => Promise.resolve(),
      bringUp: () => Promise.resolve(void (user.running = true)),
    };
    const failures: unknown[] = [];
    const write = setInterval(() => {
      try {
        writeFileSync(`${file}.${Math.random()}`, Buffer.alloc(5000));
      } catch (error) {
        failures.push((error as NodeJS.ErrnoException).code);
        user.running = false;
      }
    }, 20);
    await disturb(diskFull(disk, user, 10_000), never).finally(() => clearInterval(write));
    expect(failures[0]).toBe('ENOSPC');
    expect(user.running).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('acknowledged');
    writeFileSync(`${file}.after`, Buffer.alloc(1024 * 1024));
    await disk.close();
    expect(existsSync(file)).toBe(false);
  });
});
