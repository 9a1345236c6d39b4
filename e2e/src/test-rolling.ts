// SPDX-License-Identifier: Apache-2.0
// `npm run test:rolling`: the process of every service is replaced by a new one, in turn, under load. Nothing may be lost or
// done twice, nothing may stand still for long, and the audit log must verify.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from './command-line.js';
import { testRolling } from './rolling/rolling-test.js';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '100' },
    client: { type: 'string', default: 'kafkajs' },
    database: { type: 'string', default: 'memory' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const rate = Number(values.rate);
if (!Number.isSafeInteger(rate) || rate < 10) throw new RangeError(`--rate is "${values.rate}": expected a whole number from 10 on`);
const { client, database } = values;
if (client !== 'kafkajs' && client !== 'platformatic') throw new RangeError(`--client is "${client}": expected kafkajs or platformatic`);
if (database !== 'durable' && database !== 'memory') throw new RangeError(`--database is "${database}": expected durable or memory`);
const dataDir = mkdtempSync(join(tmpdir(), 'nervus-rolling-'));

await runCommand(values.json, async (say) => {
  const findings = await testRolling({ dataDir, database, client, rate }, say);
  if (!values.keep && findings.missed.length === 0) rmSync(dataDir, { recursive: true, force: true });
  else say(`The data are kept in ${dataDir}`);
  return findings;
});
