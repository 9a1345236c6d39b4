// SPDX-License-Identifier: Apache-2.0
// `npm run test:independence`: each service goes away under load and comes back, and what continues, what queues and what is
// held meanwhile must be what docs/independence.md says; misbehaving agents must not slow the others down; and processes of
// a service must come and go unnoticed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from './command-line.js';
import { repositoryRoot } from './folders.js';
import { parts, testIndependence } from './independence/independence-test.js';
import { inOrder } from './independence/observations.js';
import { independencePage } from './independence/page.js';

const { values } = parseArgs({
  options: {
    parts: { type: 'string', default: parts.join(',') },
    away: { type: 'string', default: inOrder.join(',') },
    seconds: { type: 'string', default: '60' },
    signal: { type: 'string', default: 'SIGKILL' },
    rate: { type: 'string', default: '12' },
    windows: { type: 'string', default: '3' },
    'window-seconds': { type: 'string', default: '40' },
    database: { type: 'string', default: 'memory' },
    /** Writes docs/independence.md from the documented table, and runs nothing. */
    document: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const whole = (name: 'seconds' | 'rate' | 'windows' | 'window-seconds', least: number): number => {
  const number = Number(values[name]);
  if (!Number.isSafeInteger(number) || number < least) throw new RangeError(`--${name} is "${values[name]}": expected a whole number from ${least} on`);
  return number;
};
const some = <T extends string>(name: 'parts' | 'away', known: readonly T[]): T[] =>
  values[name].split(',').filter((word) => word !== '').map((word) => {
    const found = known.find((one) => one === word);
    if (!found) throw new RangeError(`--${name} is "${values[name]}": expected some of ${known.join(', ')}`);
    return found;
  });
const { database, signal } = values;
if (database !== 'durable' && database !== 'memory') throw new RangeError(`--database is "${database}": expected durable or memory`);
if (signal !== 'SIGKILL' && signal !== 'SIGTERM') throw new RangeError(`--signal is "${signal}": expected SIGKILL or SIGTERM`);
const options = {
  database, signal, parts: some('parts', parts), away: some('away', inOrder), awayMs: whole('seconds', 50) * 1000, rate: whole('rate', 4), windows: whole('windows', 3), windowMs: whole('window-seconds', 10) * 1000,
} as const;

if (values.document) {
  writeFileSync(join(repositoryRoot, 'docs', 'independence.md'), independencePage());
  console.log('written: docs/independence.md');
  process.exit(0);
}
const dataDir = mkdtempSync(join(tmpdir(), 'nervus-independence-'));
await runCommand(values.json, async (say) => {
  const findings = await testIndependence({ ...options, dataDir }, say);
  if (!values.keep && findings.missed.length === 0) rmSync(dataDir, { recursive: true, force: true });
  else say(`The data are kept in ${dataDir}`);
  return findings;
});
