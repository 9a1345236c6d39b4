// SPDX-License-Identifier: Apache-2.0
// `npm run demo`: the whole mesh in a fresh folder, the recorded feeds, two persons at the command line, and the proof.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from './command-line.js';
import { demo } from './demo/demo.js';

const { values } = parseArgs({ options: { database: { type: 'string', default: 'durable' }, keep: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } } });
if (values.database !== 'durable' && values.database !== 'memory') throw new RangeError(`--database is "${values.database}": expected durable or memory`);
const database = values.database;
const dataDir = mkdtempSync(join(tmpdir(), 'nervus-demo-'));

await runCommand(values.json, async (say) => {
  const findings = await demo({ dataDir, database }, say);
  if (findings.missed.length === 0 && !values.keep) rmSync(dataDir, { recursive: true, force: true });
  else say(`The data are kept in ${dataDir}`);
  return findings;
});
