// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readBundle } from '@nervus/transparency-log';
import { type LogEntry, parseEntry } from '@nervus/trust';
import { LogFolder } from '@nervus/verifier';

const width = 256;

/** Every entry under the newest checkpoint in a log's folder. */
export async function entriesOf(folder: string): Promise<LogEntry[]> {
  const size = Number(readFileSync(join(folder, 'checkpoint'), 'utf8').split('\n')[1]);
  const reader = new LogFolder(folder);
  const entries: LogEntry[] = [];
  for (let bundle = 0; bundle * width < size; bundle++) for (const bytes of await readBundle(reader, bundle, Math.min(width, size - bundle * width))) entries.push(parseEntry(bytes));
  return entries;
}
