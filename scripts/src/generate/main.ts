// SPDX-License-Identifier: Apache-2.0
// `npm run generate`: writes every file that is made from the declarations in libs/contracts. With `--check` it writes
// nothing and fails when one is not as it would be written.
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { driftOf } from './drift.js';
import { generatedDocuments } from './documents.js';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const [option, ...rest] = process.argv.slice(2);
if (rest.length > 0 || (option !== undefined && option !== '--check')) throw new Error(`unknown option "${[option, ...rest].join(' ')}": expected none, or --check`);

const documents = generatedDocuments();
const drift = driftOf(documents, (path) => readFileSync(join(root, path), 'utf8'));
if (option === '--check') {
  for (const sentence of drift.map(({ sentence }) => sentence)) console.error(sentence);
  if (drift.length > 0) process.exit(1);
  console.log(`${documents.length} generated files are as the declarations make them`);
} else {
  for (const { path, text } of drift) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`written: ${path}`);
  }
  console.log(`${documents.length - drift.length} of ${documents.length} generated files were up to date`);
}
