// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { agentDirectoriesIn, agentDirectory } from './directory.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nervus-agents-'));
  mkdirSync(join(root, 'a'));
  writeFileSync(join(root, 'a', 'agent.yaml'), 'kind: Agent');
  writeFileSync(join(root, 'secret'), 'not yours');
});
afterEach(() => rmSync(root, { recursive: true }));

it('a manifest cannot read what lies outside its directory, by path or by link', () => {
  symlinkSync(join(root, 'secret'), join(root, 'a', 'link'));
  const files = agentDirectory(join(root, 'a'));
  expect(files.read('agent.yaml')).toEqual({ text: 'kind: Agent' });
  expect(files.read('../secret')).toEqual({ fault: "../secret lies outside the agent's directory" });
  expect(files.read('./link')).toEqual({ fault: './link goes through a link, and links are not followed' });
  expect(files.read('./none')).toEqual({ fault: "there is no file ./none in the agent's directory" });
});

it('a file that is too large or no text is refused', () => {
  writeFileSync(join(root, 'a', 'big'), 'x'.repeat(262_145));
  writeFileSync(join(root, 'a', 'bytes'), Buffer.from([0xff, 0xfe, 0x00]));
  const files = agentDirectory(join(root, 'a'));
  expect(files.read('./big')).toEqual({ fault: './big has 262145 bytes, at most 262144 are read' });
  expect(files.read('./bytes')).toEqual({ fault: './bytes is not UTF-8' });
});

it('a directory without a manifest is no agent', () => {
  mkdirSync(join(root, 'feeds'));
  expect(agentDirectoriesIn(root)).toEqual(['a']);
});
