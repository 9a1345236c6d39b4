// SPDX-License-Identifier: Apache-2.0
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Sources of the load, which are also kinds of actions: an event of either has one effect. */
export const loadSources = ['routine', 'consequential'] as const;
export type LoadSource = (typeof loadSources)[number];

/** The address of the desk that agents and policies of the repository name. */
const namedDesk = '127.0.0.1:4580';

/** Where the desk listens: a port of loopback, or `host:port`. */
type Desk = number | string;

export interface Folders {
  readonly agents: string;
  readonly policies: string;
  readonly sources: string;
}

/**
 * Lays out what the benchmarks run in the mesh: two agents of one effect for each event, one routine, one consequential.
 * Their policies are those of the repository and one of their own.
 * @param desk where it listens; the copies name it in the place of the one that the repository names
 */
export function layLoadFolders(folder: string, desk: Desk): Folders {
  const load = join(repositoryRoot, 'bench', 'mesh');
  const folders = layFolders(folder, join(load, 'agents'), desk);
  cpSync(join(load, 'policies'), folders.policies, { recursive: true });
  cpSync(join(load, 'sources'), folders.sources, { recursive: true });
  return folders;
}

/** Lays out the sample agents with the recorded sources alone: those that ask public servers would make every run another one. */
export function layRecordedFolders(folder: string, desk: Desk): Folders {
  const folders = layFolders(folder, join(repositoryRoot, 'agents'), desk);
  for (const file of globSync('recorded-*.yaml', { cwd: join(repositoryRoot, 'sources') })) cpSync(join(repositoryRoot, 'sources', file), join(folders.sources, file));
  return folders;
}

function layFolders(folder: string, agents: string, desk: Desk): Folders {
  const folders: Folders = { agents: join(folder, 'agents'), policies: join(folder, 'policies'), sources: join(folder, 'sources') };
  cpSync(agents, folders.agents, { recursive: true });
  cpSync(join(repositoryRoot, 'policies'), folders.policies, { recursive: true });
  mkdirSync(folders.sources, { recursive: true });
  for (const file of globSync('{agents,policies}/**/*.yaml', { cwd: folder })) nameDesk(join(folder, file), desk);
  return folders;
}

function nameDesk(file: string, desk: Desk): void {
  const text = readFileSync(file, 'utf8');
  if (text.includes(namedDesk)) writeFileSync(file, text.replaceAll(namedDesk, typeof desk === 'string' ? desk : `127.0.0.1:${desk}`));
}

/** The key of a Standard Webhooks secret file. */
export function webhookKey(secretsFolder: string, source: string): Buffer {
  return Buffer.from(readFileSync(join(secretsFolder, `${source}.secret`), 'utf8').trim().replace(/^whsec_/, ''), 'base64');
}
