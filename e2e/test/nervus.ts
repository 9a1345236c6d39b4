// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../src/index.js';
import type { TestMesh } from './test-mesh.js';

/** Runs the command line as a person of the sample registry. @throws Error with what it printed, unless it ends with 0 */
export function nervus(world: TestMesh, person: string, ...words: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const entry = join(repositoryRoot, 'apps', 'cli', 'dist', 'main.js');
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [entry, ...words, '--as', person, '--json'], { env: { NERVUS_DATA: world.dataDir } }, (error, stdout, stderr) => {
      if (error) reject(new Error(`nervus ${words.join(' ')}: ${stdout}${stderr}`));
      else resolve(JSON.parse(stdout) as Readonly<Record<string, unknown>>);
    });
  });
}
