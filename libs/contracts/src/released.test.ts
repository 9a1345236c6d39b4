// SPDX-License-Identifier: Apache-2.0
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { type RecordType, type ReleasedType, compatibilityFaults, findRecordType, topicOf, upcast } from './index.js';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'released');
const released = globSync('*/*.json', { cwd: folder }).map((file) => [file, JSON.parse(readFileSync(join(folder, file), 'utf8')) as ReleasedType] as const);

/** An upcaster that changed the value it was given would change what others hold of it. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(Object.freeze(value))) frozen(part);
  return value;
}

describe.each(released)('%s', (_, stored) => {
  const type = findRecordType(stored.type) as RecordType;

  it('is still declared, on the topic that it was released on', () => {
    expect(type, `${stored.type} was released and may not disappear: a breaking change is a new major type beside it`).toBeDefined();
    expect(topicOf(type).name).toBe(stored.topic);
  });

  it('its examples are read by the code of today', () => {
    const schema = Compile(type.schema);
    for (const example of stored.examples) expect([...schema.Errors(upcast(type, stored.minor, frozen(example)))]).toEqual([]);
  });

  it('was changed by additions alone, or by what an upcaster carries', () => {
    const faults = compatibilityFaults(stored, type);
    expect(faults, faults.join('\n')).toEqual([]);
  });

  it('the schema that is stored with it is the one that its examples were written under', () => {
    const schema = Compile(stored.schema);
    for (const example of stored.examples) expect([...schema.Errors(example)]).toEqual([]);
  });
});

describe('what was released', () => {
  it('is there at all', () => {
    expect(released.length).toBeGreaterThan(0);
  });
});
