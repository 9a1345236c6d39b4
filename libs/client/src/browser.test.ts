// SPDX-License-Identifier: Apache-2.0
// The main entry is loaded by browsers: it stands on nothing but the web's own interfaces.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

function graphOf(file: URL, seen = new Map<string, readonly string[]>()): ReadonlyMap<string, readonly string[]> {
  if (seen.has(file.href)) return seen;
  const text = readFileSync(file, 'utf8');
  const named = [...text.matchAll(/(?:^|\n)\s*(?:import|export)\s(?!type\s)[^;]*?from\s+'([^']+)'/g), ...text.matchAll(/\bimport\s*\(?\s*'([^']+)'/g)].map(([, specifier]) => specifier!);
  seen.set(file.href, named);
  for (const specifier of named) if (specifier.startsWith('.')) graphOf(new URL(specifier.replace(/\.js$/, '.ts'), file), seen);
  return seen;
}

const graph = graphOf(new URL('./index.ts', import.meta.url));

it('imports no module of Node and no package', () => {
  expect(graph.size).toBeGreaterThan(5);
  expect([...graph.values()].flat().filter((specifier) => !specifier.startsWith('./'))).toEqual([]);
});

it('uses no global that only Node has', () => {
  for (const file of graph.keys()) expect(readFileSync(new URL(file), 'utf8'), file).not.toMatch(/\b(Buffer|process|require|setImmediate|__dirname)\b[.(]/);
});
