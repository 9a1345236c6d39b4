#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { run } from './run.js';

const output = await run(process.argv.slice(2), {
  environment: process.env,
  // npm runs scripts in the root of the workspace; relative paths are meant from where it was called.
  folder: process.env['INIT_CWD'] ?? process.cwd(),
  now: Date.now,
  newId: randomUUID,
  emit: (line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(output.stdout);
process.stderr.write(output.stderr);
process.exitCode = output.exitCode;
