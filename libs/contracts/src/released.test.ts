// SPDX-License-Identifier: Apache-2.0
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { findRecordType, topicOf } from './index.js';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'released');

interface Released {
  readonly type: string;
  readonly minor: number;
  readonly topic: string;
  readonly extensions: { readonly required: readonly string[] };
  readonly examples: readonly unknown[];
}
const released = globSync('*/*.json', { cwd: folder }).map((file) => [file, JSON.parse(readFileSync(join(folder, file), 'utf8')) as Released] as const);

describe('what was released', () => {
  it.each(released)('%s can be read for ever', (_, stored) => {
    const type = findRecordType(stored.type);
    expect(type, 'a released type may not disappear: a breaking change is a new major type beside it').toBeDefined();
    expect(topicOf(type!).name).toBe(stored.topic);
    expect(type!.minor).toBeGreaterThanOrEqual(stored.minor);
    const schema = Compile(type!.schema);
    for (const example of stored.examples) expect([...schema.Errors(example)]).toEqual([]);
    // A header that old records do not have must not be demanded of them.
    for (const name of type!.extensions.required) expect(stored.extensions.required).toContain(name);
  });

  it('is there at all', () => {
    expect(released.length).toBeGreaterThan(0);
  });
});
