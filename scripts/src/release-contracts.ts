// SPDX-License-Identifier: Apache-2.0
// `npm run contracts:release -- VERSION`: stores an example of every record type as released. What is stored is never
// changed again: a test holds today's schemas to all of it.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allTopics } from '@nervus/contracts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const version = process.argv[2] ?? '';
if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`"${version}" is no version: expected for instance 0.1.0`);
const folder = join(root, 'libs', 'contracts', 'released', version);
if (existsSync(folder)) throw new Error(`${version} is released already: what is stored in ${folder} is never changed`);

mkdirSync(folder, { recursive: true });
const types = allTopics.flatMap((declaration) => declaration.records.map((type) => ({ topic: declaration.name, type })));
for (const { topic, type } of types) writeFileSync(join(folder, `${type.type}.json`), `${JSON.stringify({ type: type.type, minor: type.minor, topic, extensions: type.extensions, examples: type.examples }, null, 2)}\n`);
console.log(`${types.length} record types stored in ${folder}`);
