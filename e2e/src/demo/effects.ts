// SPDX-License-Identifier: Apache-2.0
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sink } from '@nervus/scripts/mesh';

/** Effects as the targets tell them: what the desk applied, and every line of the alert log. */
export function effectsAtTargets(dataDir: string, desk: Sink): { readonly keys: readonly string[]; readonly byTarget: Readonly<Record<string, number>> } {
  const folder = join(dataDir, 'alerts');
  const lines = existsSync(folder) ? globSync('**/*.ndjson', { cwd: folder }).flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n').filter((line) => line !== '')) : [];
  const alerts = lines.map((line) => (JSON.parse(line) as { readonly key: string }).key);
  const applied = desk.effects.map(({ key }) => key);
  return { keys: [...applied, ...alerts], byTarget: { desk: applied.length, alertLog: alerts.length } };
}
