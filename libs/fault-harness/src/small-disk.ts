// SPDX-License-Identifier: Apache-2.0
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Disturbance } from './disturbance.js';
import { atExit } from './last-resort.js';
import { missingCommand, systemCommand, systemCommandNow } from './system-command.js';
import { until } from './waiting.js';

const ballastName = 'ballast-of-the-fault-harness';
const blocks = [1024 * 1024, 64 * 1024, 4096] as const;

/** A disk of stated size (a tmpfs) mounted over a folder, which can be filled up and freed again. */
export class SmallDisk {
  private constructor(
    readonly folder: string,
    private readonly forget: () => void,
  ) {}

  /** Why none can be mounted here, found out by trying. */
  static async unmet(): Promise<string | undefined> {
    if (process.platform !== 'linux') return `a disk of limited size is made by mounting a tmpfs, which needs Linux (this is ${process.platform})`;
    const missing = await missingCommand('mount', ['--version'], 'Debian, Ubuntu: apt-get install mount');
    if (missing !== undefined) return missing;
    const folder = mkdtempSync(join(tmpdir(), 'fault-mount-'));
    try {
      await systemCommand('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder);
      await systemCommand('umount', folder);
      return undefined;
    } catch (error) {
      return `a tmpfs must be mounted, which needs root and the capability CAP_SYS_ADMIN (${error instanceof Error ? error.message : String(error)})`;
    } finally {
      rmdirSync(folder);
    }
  }

  /** @param folder is made when it is missing; what it held is hidden until `close` */
  static async mount(folder: string, bytes: number): Promise<SmallDisk> {
    mkdirSync(folder, { recursive: true });
    await systemCommand('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder);
    return new SmallDisk(folder, atExit(() => systemCommandNow('umount', '--lazy', folder)));
  }

  /** Takes all the space that is free now. What others give back afterwards is taken by the next call. */
  fill(): void {
    const file = openSync(join(this.folder, ballastName), 'a');
    try {
      for (const size of blocks) while (written(file, Buffer.alloc(size))) continue;
    } finally {
      closeSync(file);
    }
  }

  /** Gives the space back. */
  free(): void {
    rmSync(join(this.folder, ballastName), { force: true });
  }

  /** Everything on it is gone. */
  async close(): Promise<void> {
    await systemCommand('umount', '--lazy', this.folder);
    this.forget();
  }
}

/** False when the disk is full. */
function written(file: number, block: Buffer): boolean {
  try {
    return writeSync(file, block) === block.length;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
    throw error;
  }
}

/** A server that ends by itself when it can write no more. */
export interface DiskUser {
  readonly name: string;
  readonly running: boolean;
  takeDown(how: 'SIGKILL'): Promise<void>;
  /** Resolves when it answers. */
  bringUp(): Promise<void>;
}

/**
 * Fills the disk of a server until it ends, then frees it and brings the server up.
 * @param limitMs for its end
 * @param stay how long the disk stays full after it. @default not at all
 */
export function diskFull(disk: SmallDisk, user: DiskUser, limitMs: number, stay?: NonNullable<Disturbance['hold']>): Disturbance {
  return {
    name: `full disk of the ${user.name}`,
    begin: () => disk.fill(),
    hold: async (signal) => {
      await until(`the ${user.name} ends on a full disk`, { limitMs, signal, everyMs: 250 }, () => {
        if (user.running) disk.fill();
        return !user.running;
      });
      await stay?.(signal);
    },
    end: async () => {
      disk.free();
      if (user.running) await user.takeDown('SIGKILL');
      await user.bringUp();
    },
    endNow: () => disk.free(),
  };
}
