// SPDX-License-Identifier: Apache-2.0
// Invariant: the lock file appears whole or not at all (it is linked into place), and one that names a process that no
// longer runs is nobody's. It is moved aside before it is replaced, so that of two launchers only one replaces it.
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InfrastructureError } from './errors.js';
import { identityOf, isRunning, type ProcessIdentity } from './process-identity.js';

export interface DataLock {
  release(): void;
}

/** Takes the data folder for this process. @throws InfrastructureError `data_folder_in_use`, naming the holder's pid */
export function lockDataFolder(dataDir: string, self: ProcessIdentity | undefined = identityOf(process.pid)): DataLock {
  if (!self) throw new InfrastructureError('platform_unsupported', 'The start time of this process cannot be read (no /proc and no ps), so a data folder cannot be locked safely');
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, 'launcher.lock');
  const token = randomUUID();
  const mine = JSON.stringify({ ...self, token });
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (linkInto(path, mine)) return { release: () => releaseIfMine(path, token) };
    const found = read(path);
    if (found === undefined) continue;
    const holder = holderOf(found);
    if (holder && isRunning(holder)) throw inUse(dataDir, holder.pid, self.pid);
    setAside(path, found);
  }
  throw new InfrastructureError('data_folder_in_use', `The lock of the data folder ${dataDir} keeps changing hands: another launcher starts at this moment. Try again`, { dataDir });
}

function inUse(dataDir: string, pid: number, self: number): InfrastructureError {
  const who = pid === self ? 'this very process' : `process ${pid}`;
  return new InfrastructureError('data_folder_in_use', `The data folder ${dataDir} is in use by another launcher (${who}). Stop that one first, or use another data folder`, { dataDir, pid });
}

function linkInto(path: string, content: string): boolean {
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moves a stale lock away; one that another launcher has put there meanwhile is put back. */
function setAside(path: string, stale: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  const moved = read(aside);
  if (moved !== undefined && moved !== stale) linkInto(path, moved);
  rmSync(aside, { force: true });
}

function releaseIfMine(path: string, token: string): void {
  const content = read(path);
  if (content?.includes(token)) rmSync(path, { force: true });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function holderOf(content: string): ProcessIdentity | undefined {
  try {
    const { pid, started } = JSON.parse(content) as Partial<ProcessIdentity>;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
