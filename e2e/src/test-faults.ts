// SPDX-License-Identifier: Apache-2.0
// `npm run test:faults`: faults under load, kill -9 of the services unless others are named; then everything that was
// accepted must have had its effect once, and the audit log must verify. docs/faults.md says more.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from './command-line.js';
import { testFaults } from './faults/fault-test.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '7' },
    rate: { type: 'string', default: '15' },
    accepted: { type: 'string', default: '2000' },
    scenario: { type: 'string', multiple: true, default: ['kills'] },
    'events-log': { type: 'string' },
    seed: { type: 'string', default: '1' },
    database: { type: 'string', default: 'durable' },
    data: { type: 'string' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const whole = (name: 'kills' | 'rate' | 'accepted' | 'seed'): number => {
  const number = Number(values[name]);
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`--${name} is "${values[name]}": expected a whole number`);
  return number;
};
if (values.database !== 'durable' && values.database !== 'memory') throw new RangeError(`--database is "${values.database}": expected durable or memory`);
const database = values.database;
const scenario = values.scenario.flatMap((names) => names.split(',')).map((name) => name.trim()).filter((name) => name !== '');
const eventsLog = values['events-log'];
const dataDir = values.data ?? mkdtempSync(join(tmpdir(), 'nervus-faults-'));

await runCommand(values.json, async (say) => {
  const findings = await testFaults({ dataDir, kills: whole('kills'), rate: whole('rate'), accepted: whole('accepted'), seed: whole('seed'), database, scenario, eventsLog }, say);
  if (values.data === undefined && !values.keep && findings.missed.length === 0) rmSync(dataDir, { recursive: true, force: true });
  else say(`The data are kept in ${dataDir}`);
  return findings;
});
