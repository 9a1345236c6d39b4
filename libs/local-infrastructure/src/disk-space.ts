// SPDX-License-Identifier: Apache-2.0
import { statfs } from 'node:fs/promises';
import { InfrastructureError } from './errors.js';

/** Kafka preallocates its index files and ends when it cannot; below this a start is not worth trying. */
export const neededBytes = 300 * 1024 * 1024;

/** @throws InfrastructureError `disk_full` when less than 300 MB are free where `folder` is */
export async function requireDiskSpace(folder: string, what: string, freeBytes: (folder: string) => Promise<number> = freeBytesAt): Promise<void> {
  const free = await freeBytes(folder);
  if (free >= neededBytes) return;
  const megabytes = (bytes: number): number => Math.floor(bytes / 1024 / 1024);
  throw new InfrastructureError('disk_full', `The disk is nearly full: ${what} at ${folder} needs ${megabytes(neededBytes)} MB and ${megabytes(free)} MB are free. Free some space, or choose another folder`, { folder, free, needed: neededBytes });
}

async function freeBytesAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
