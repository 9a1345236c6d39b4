// SPDX-License-Identifier: Apache-2.0
// `npm run examples:check`: every example as its page runs it, in a process of its own against the real edge.
import { readdirSync } from 'node:fs';
import { runSuites } from './run-suites.js';

const folders = readdirSync(new URL('../../examples', import.meta.url), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);

const { counts, ok } = await runSuites({ publishers: ['apps/ingestion/test/examples.test.ts'] });
const { passed, failed, skipped } = counts.publishers;
console.log(JSON.stringify({ ok, examples: folders.length, passed, failed, ...(skipped.length > 0 && { skipped }) }));
process.exit(ok ? 0 : 1);
