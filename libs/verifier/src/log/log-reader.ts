// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TileReader } from '@nervus/transparency-log';

/** Where a log is read from: its tiles, bundles and payloads by path, and the sizes of its archived checkpoints. */
export interface LogReader extends TileReader {
  /** Sizes of the checkpoints below `checkpoints/`, ascending. */
  archivedCheckpoints(): Promise<number[]>;
}

/** A log in a folder. What does not exist is `undefined`; other faults of the disk are thrown. */
export class LogFolder implements LogReader {
  constructor(readonly path: string) {}

  async read(path: string): Promise<Buffer | undefined> {
    return absentAs(undefined, () => readFile(join(this.path, path)));
  }

  async archivedCheckpoints(): Promise<number[]> {
    const names = await absentAs([], () => readdir(join(this.path, 'checkpoints')));
    return names.filter((name) => /^(?:0|[1-9]\d{0,15})$/.test(name)).map(Number).toSorted((a, b) => a - b);
  }
}

async function absentAs<T>(absent: T, reading: () => Promise<T>): Promise<T> {
  try {
    return await reading();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return absent;
    throw error;
  }
}
