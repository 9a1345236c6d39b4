// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AgentsFolder } from './agents-folder.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'agents-'));
});
afterEach(() => rmSync(root, { recursive: true }));

it('the shipped agents are without a fault or a warning', () => {
  const candidates = new AgentsFolder(fileURLToPath(new URL('../../../../agents', import.meta.url)), 'default', []).read();
  expect(candidates.map((candidate) => candidate.directory)).toEqual(['demand-forecast', 'market-news', 'market-risk']);
  expect(candidates.flatMap((candidate) => candidate.faults)).toEqual([]);
});

it('a folder that is not there is named, with the variable to set', () => {
  expect(() => new AgentsFolder(join(root, 'none'), 'default', []).read()).toThrow(/agents folder ".*none" cannot be read .*: set NERVUS_AGENTS_FOLDER/);
});

it('a change of any file is seen, and no change is not', () => {
  mkdirSync(join(root, 'a'));
  writeFileSync(join(root, 'a', 'agent.yaml'), 'kind: Agent');
  const folder = new AgentsFolder(root, 'default', []);
  const before = folder.signature();
  expect(folder.signature()).toBe(before);
  writeFileSync(join(root, 'a', 'rules.yaml'), 'x');
  expect(folder.signature()).not.toBe(before);
});
