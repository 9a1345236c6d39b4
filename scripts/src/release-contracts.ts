// SPDX-License-Identifier: Apache-2.0
// `npm run contracts:release -- VERSION`: stores the schema and the examples of every record type as released. What is
// stored is never changed again: tests hold today's types to all of it.
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ReleasedType, allTopics, compatibilityFaults, findRecordType, plain } from '@nervus/contracts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const version = process.argv[2] ?? '';
if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`"${version}" is no version: expected for instance 0.1.0`);
const releases = join(root, 'libs', 'contracts', 'released');
const folder = join(releases, version);
if (existsSync(folder)) throw new Error(`${version} is released already: what is stored in ${folder} is never changed`);

const earlier = globSync('*/*.json', { cwd: releases }).map((file) => JSON.parse(readFileSync(join(releases, file), 'utf8')) as ReleasedType);
const faults = earlier.flatMap((stored) => {
  const type = findRecordType(stored.type);
  return type ? compatibilityFaults(stored, type) : [`${stored.type} was released and is gone: keep it, also when a new major version stands beside it.`];
});
if (faults.length > 0) throw new Error(`${version} would break what was released before:\n${faults.join('\n')}`);

mkdirSync(folder, { recursive: true });
const types = allTopics.flatMap((declaration) => declaration.records.map((type) => ({ topic: declaration.name, type })));
for (const { topic, type } of types) {
  const { type: name, minor, extensions, examples } = type;
  const stored: ReleasedType = { type: name, minor, topic, extensions, examples, schema: plain(type.schema) };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(stored, null, 2)}\n`);
}
console.log(`${types.length} record types stored in ${folder}`);
