// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalKind } from './choice.js';

const fileOf = (dataDir: string): string => join(dataDir, 'started-with');

/** How this data folder was last used: the data of the other kind lies elsewhere. */
export function previousKind(dataDir: string): LocalKind | undefined {
  try {
    const kind = readFileSync(fileOf(dataDir), 'utf8').trim();
    return kind === 'docker' || kind === 'java' ? kind : undefined;
  } catch {
    return undefined;
  }
}

export function rememberKind(dataDir: string, kind: LocalKind): void {
  writeFileSync(fileOf(dataDir), `${kind}\n`);
}
