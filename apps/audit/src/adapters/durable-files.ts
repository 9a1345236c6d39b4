// SPDX-License-Identifier: Apache-2.0
// Files that are there whole or not at all, also after a crash: written beside, flushed, then given their name.
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LogRefused } from './errors.js';

/** Flushes the names in a folder, so that a new file is found after a power failure. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Creates a file that never changes. One that exists with the same bytes is as good.
 * @throws LogRefused `file_differs`
 */
export async function createOnce(path: string, bytes: Uint8Array, mode = 0o640): Promise<void> {
  if (await existsAs(path, bytes)) return;
  await throughTemporary(path, bytes, mode, async (temporary) => {
    try {
      await link(temporary, path);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
      await existsAs(path, bytes);
    } finally {
      await rm(temporary, { force: true });
    }
  });
}

async function existsAs(path: string, bytes: Uint8Array): Promise<boolean> {
  const existing = await readFile(path).catch((error: unknown) => (hasCode(error, 'ENOENT') ? undefined : Promise.reject(error as Error)));
  if (existing && !existing.equals(bytes)) throw new LogRefused('file_differs', `${path} exists with other bytes than the log has: it was altered, or another log was in this folder`, { path });
  return existing !== undefined;
}

/** Puts a new version of a file in the place of the old one at once. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  await throughTemporary(path, bytes, 0o640, (temporary) => rename(temporary, path));
}

async function throughTemporary(path: string, bytes: Uint8Array, mode: number, name: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.new`;
  try {
    await writeFlushed(temporary, bytes, mode);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    await mkdir(dirname(path), { recursive: true });
    await writeFlushed(temporary, bytes, mode);
  }
  await name(temporary);
  await syncFolder(dirname(path));
}

async function writeFlushed(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const file = await open(path, 'w', mode);
  try {
    await file.writeFile(bytes);
    await file.datasync();
  } finally {
    await file.close();
  }
}

export const hasCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code;
