// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readModels } from './models.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'models-'));
});
afterEach(() => rmSync(root, { recursive: true }));
const read = (text: string) => {
  writeFileSync(join(root, 'models.yaml'), text);
  return readModels(join(root, 'models.yaml'));
};
const good = "- {name: desk, adapter: openai-compatible, baseUrl: 'https://models.example/v1', model: m}";

it('no file means no model', () => {
  expect(readModels('')).toEqual([]);
});

it('what is left out takes the safe default', () => {
  expect(read(`models:\n  ${good}\n`)).toEqual([{ name: 'desk', adapter: 'openai-compatible', baseUrl: 'https://models.example/v1', model: 'm', structuredOutputs: false, maxOutputTokens: 2000, timeoutSeconds: 60, internal: false }]);
});

it.each([
  ['a key written into the file', `models:\n  - {name: desk, adapter: openai-compatible, baseUrl: 'https://m.example', model: m, apiKey: secret}\n`, /additional properties/],
  ['another adapter', `models:\n  - {name: desk, adapter: gateway, baseUrl: 'https://m.example', model: m}\n`, /adapter/],
  ['a name twice', `models:\n  ${good}\n  ${good}\n`, /"desk" stands twice/],
  ['no YAML', 'models: [', /cannot be read/],
])('refuses %s', (_, text, expected) => {
  expect(() => read(text)).toThrow(expected);
});
