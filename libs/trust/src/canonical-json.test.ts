// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { vectors } from '../test/vectors.js';
import { canonicalize } from './canonical-json.js';
import { digestOf } from './digest.js';
import { JsonError } from './errors.js';
import { parseStrictJson } from './strict-json.js';

const { valid } = vectors<{ valid: { input: string; canonical: string; sha256: string }[] }>('canonical-json');
const published = new URL('../../../../shared/data/json-canonicalization/testdata/', import.meta.url);

const codeOf = (value: unknown): string | undefined => {
  try {
    canonicalize(value);
  } catch (error) {
    if (error instanceof JsonError) return error.code;
    throw error;
  }
  return undefined;
};

describe('canonicalize', () => {
  it.each(valid)('writes $input as $canonical', ({ input, canonical, sha256 }) => {
    expect(canonicalize(parseStrictJson(input))).toBe(canonical);
    expect(digestOf(parseStrictJson(input))).toBe(sha256);
  });

  describe('published data of RFC 8785', () => {
    beforeEach(({ skip }) => skip(!existsSync(published), 'published data of RFC 8785 is not beside the repository'));
    const files = existsSync(published) ? readdirSync(new URL('input/', published)) : [];

    it('is there', () => expect(files.length).toBeGreaterThan(0));

    it.each(files)('%s', (file) => {
      // JSON.parse, because values.json holds 1E30, which is RFC 8785 but beyond what Nervus takes in.
      const written = canonicalize(JSON.parse(readFileSync(new URL(`input/${file}`, published), 'utf8')));
      const hex = readFileSync(new URL(`outhex/${file.replace('.json', '.txt')}`, published), 'utf8').replaceAll(/\s/g, '');
      expect(written).toBe(readFileSync(new URL(`output/${file}`, published), 'utf8'));
      expect(Buffer.from(written).toString('hex')).toBe(hex);
    });
  });

  it('sorts by UTF-16 code units, also integer-like names and characters beyond the first plane', () => {
    expect(canonicalize({ '\ufb33': 1, '\u{1f600}': 1, '9': 1, '10': 1 })).toBe('{"10":1,"9":1,"\u{1f600}":1,"\ufb33":1}');
  });

  it('leaves out undefined members, as on the wire', () => {
    expect(canonicalize({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  it.each([
    ['a function', () => 1, 'not_json'],
    ['a bigint', 1n, 'not_json'],
    ['undefined', undefined, 'not_json'],
    ['undefined in an array', [undefined], 'not_json'],
    // oxlint-disable-next-line no-sparse-arrays
    ['a hole in an array', [1, , 2], 'not_json'],
    ['a Date', new Date(0), 'not_json'],
    ['a Map', new Map(), 'not_json'],
    ['bytes', Buffer.from('a'), 'not_json'],
    ['NaN', { a: Number.NaN }, 'number_range'],
    ['Infinity', Infinity, 'number_range'],
    ['a lone surrogate', ['\ud800'], 'lone_surrogate'],
    ['a lone surrogate in a name', { '\udc00': 1 }, 'lone_surrogate'],
  ])('refuses %s', (_, value, code) => {
    expect(codeOf(value)).toBe(code);
  });

  it('refuses a circle instead of running out of stack', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(codeOf(circle)).toBe('too_deep');
  });

  const json = fc.jsonValue({ noUnicodeString: false }).filter((value) => codeOf(value) === undefined);

  it('means the same to JSON.parse, and is its own canonical form', () => {
    fc.assert(
      fc.property(json, (value) => {
        const written = canonicalize(value);
        expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalize(JSON.parse(written))).toBe(written);
      }),
    );
  });

  it('never depends on the order in which members were set', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(fc.string(), fc.integer()), { selector: ([name]) => name }), (members) => {
        expect(canonicalize(Object.fromEntries(members.toReversed()))).toBe(canonicalize(Object.fromEntries(members)));
      }),
    );
  });

  it('writes different values differently', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const same = JSON.stringify(inOneOrder(a)) === JSON.stringify(inOneOrder(b));
        expect(canonicalize(a) === canonicalize(b)).toBe(same);
      }),
    );
  });
});

/** The value with its members in one order, built without the code under test. */
function inOneOrder(value: unknown): unknown {
  if (Array.isArray(value)) return { list: value.map(inOneOrder) };
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { members: members.map(([name, member]) => [name, inOneOrder(member)]) };
}
