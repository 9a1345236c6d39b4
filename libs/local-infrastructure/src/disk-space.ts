// SPDX-License-Identifier: Apache-2.0
import { statfs } from 'node:fs/promises';
import { InfrastructureError } from './errors.js';

/** Kafka preallocates its index files and ends when it cannot; below this a start is not worth trying. */
export const neededBytes = 300 * 1024 * 1024;

/** @throws InfrastructureError `disk_full` when less is free where `folder` is, by default 300 MB */
export async function requireDiskSpace(folder: string, what: string, needed = neededBytes, freeBytes: (folder: string) => Promise<number> = freeBytesAt): Promise<void> {
  const free = await freeBytes(folder);
  if (free >= needed) return;
  const megabytes = (bytes: number): number => Math.floor(bytes / 1024 / 1024);
  throw new InfrastructureError('disk_full', `The disk is nearly full: ${what} at ${folder} needs ${megabytes(needed)} MB and ${megabytes(free)} MB are free. Free some space, or choose another folder`, { folder, free, needed });
}

async function freeBytesAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
