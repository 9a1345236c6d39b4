// SPDX-License-Identifier: Apache-2.0
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mesh } from '@nervus/scripts/mesh';

/** Lines of all recordings below a folder. */
export function linesOf(recordings: string): number {
  return globSync('**/*.ndjson', { cwd: recordings }).reduce((sum, file) => sum + readFileSync(join(recordings, file), 'utf8').split('\n').filter((line) => line !== '').length, 0);
}

/** What ingestion took in so far, and what of it came again, by its own metrics. */
export async function takenIn(mesh: Mesh): Promise<{ readonly accepted: number; readonly duplicates: number }> {
  const sums = { accepted: 0, duplicates: 0 };
  for (const member of mesh.processesOf('ingestion')) {
    const text = await (await fetch(`http://127.0.0.1:${member.options.managementPort}/metrics`)).text();
    sums.accepted += sumOf(text, 'nervus_signals_accepted_total');
    sums.duplicates += sumOf(text, 'nervus_signals_duplicate_total');
  }
  return sums;
}

const sumOf = (text: string, name: string): number => text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `)).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
