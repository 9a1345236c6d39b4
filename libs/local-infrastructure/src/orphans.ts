// SPDX-License-Identifier: Apache-2.0
// A launcher that is killed leaves its servers running. Each server is written down when it starts, so that the next
// launcher on the same data folder can end them before it starts its own. Call only while holding the folder's lock.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from './process-identity.js';
import { signalGroup } from './run-command.js';

const folderOf = (dataDir: string): string => join(dataDir, 'processes');
const fileOf = (dataDir: string, name: string): string => join(folderOf(dataDir), `${name}.json`);

export function writeDownProcess(dataDir: string, name: string, identity: ProcessIdentity): void {
  mkdirSync(folderOf(dataDir), { recursive: true });
  writeFileSync(fileOf(dataDir, name), JSON.stringify(identity));
}

export function crossOutProcess(dataDir: string, name: string): void {
  rmSync(fileOf(dataDir, name), { force: true });
}

/** Ends what a crashed launcher left: in order first, by force after the grace. */
export async function endOrphans(dataDir: string, graceMs: number, log: (line: string) => void): Promise<void> {
  const files = readdirSync(dataDir, { withFileTypes: true }).some((entry) => entry.name === 'processes') ? readdirSync(folderOf(dataDir)) : [];
  await Promise.all(
    files.filter((file) => file.endsWith('.json')).map(async (file) => {
      const name = file.slice(0, -'.json'.length);
      const identity = readIdentity(join(folderOf(dataDir), file));
      if (identity && isRunning(identity)) {
        log(`Ending the ${name} (process ${identity.pid}) that a launcher left behind when it was killed`);
        await endProcess(identity, graceMs);
      }
      crossOutProcess(dataDir, name);
    }),
  );
}

async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<void> {
  signalGroup(identity.pid, 'SIGTERM');
  const killAt = performance.now() + graceMs;
  let killed = false;
  while (isRunning(identity)) {
    if (!killed && performance.now() > killAt) {
      signalGroup(identity.pid, 'SIGKILL');
      killed = true;
    }
    await sleep(50);
  }
}

function readIdentity(path: string): ProcessIdentity | undefined {
  try {
    const { pid, started } = JSON.parse(readFileSync(path, 'utf8')) as Partial<ProcessIdentity>;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}
