// SPDX-License-Identifier: Apache-2.0
// The one impure part: an agent's files on disk, for the service at start and the command line.
import { lstatSync, readdirSync, readFileSync, realpathSync, type Stats } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { join, resolve, sep } from 'node:path';
import { type AgentFiles, manifestFile } from './validate.js';

const maxFileBytes = 262_144;

/**
 * Gives access to the files of one agent: plain UTF-8 files of at most 256 KiB inside the directory, no links, so that
 * what is hashed is what lies there.
 */
export function agentDirectory(directory: string): AgentFiles {
  const root = resolve(directory);
  return {
    read(path) {
      const file = resolve(root, path);
      if (!file.startsWith(root + sep)) return { fault: `${path} lies outside the agent's directory` };
      let found: Stats;
      try {
        found = lstatSync(file);
        if (realpathSync(file) !== join(realpathSync(root), file.slice(root.length))) return { fault: `${path} goes through a link, and links are not followed` };
      } catch {
        return { fault: `there is no file ${path} in the agent's directory` };
      }
      if (!found.isFile()) return { fault: `${path} is no plain file` };
      if (found.size > maxFileBytes) return { fault: `${path} has ${found.size} bytes, at most ${maxFileBytes} are read` };
      const bytes = readFileSync(file);
      return isUtf8(bytes) ? { text: bytes.toString('utf8') } : { fault: `${path} is not UTF-8` };
    },
  };
}

/** Names of the agents' directories below a directory: those that hold an agent.yaml; sorted. */
export function agentDirectoriesIn(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(join(directory, entry.name)).includes(manifestFile))
    .map((entry) => entry.name)
    .sort();
}
