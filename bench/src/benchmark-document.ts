// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'docs', 'benchmarks.md');
const head = '# Benchmarks\n\nWritten by the commands themselves. Ratios within one run count; times of different days or machines do not compare.\n';

/** A benchmark's result as it stands in the documents; the newest of each benchmark replaces the one before. */
export function writeBenchmarkDocument(result: { readonly benchmark: string; readonly at: string }): void {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : head;
  const section = `\n## ${result.benchmark}\n\nMeasured ${result.at.slice(0, 10)} by \`npm run bench:${result.benchmark}\`.\n\n\`\`\`json\n${JSON.stringify(result, null, 2)}\n\`\`\`\n`;
  const existing = new RegExp(`\\n## ${result.benchmark}\\n[\\s\\S]*?(?=\\n## |$)`);
  writeFileSync(file, existing.test(text) ? text.replace(existing, () => section) : text + section);
}
