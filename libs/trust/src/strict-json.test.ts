// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vectors } from '../test/vectors.js';
import { JsonError } from './errors.js';
import { parseStrictJson } from './strict-json.js';

type Refused = { input?: string; hex?: string; code: string; position: number };
const { valid, refused } = vectors<{ valid: { input: string }[]; refused: Refused[] }>('canonical-json');

const refusalOf = (input: Uint8Array | string, options = {}): { code: string; position: number } | undefined => {
  try {
    parseStrictJson(input, options);
  } catch (error) {
    if (error instanceof JsonError) return { code: error.code, position: error.position };
    throw error;
  }
  return undefined;
};

describe('parseStrictJson', () => {
  it.each(refused)('refuses $input$hex as $code at byte $position', ({ input, hex, code, position }) => {
    expect(refusalOf(input === undefined ? Buffer.from(hex ?? '', 'hex') : Buffer.from(input))).toEqual({ code, position });
  });

  it.each(valid)('reads $input as JSON.parse does', ({ input }) => {
    expect(parseStrictJson(Buffer.from(input))).toEqual(JSON.parse(input));
  });

  it('never makes __proto__ a prototype', () => {
    const parsed = parseStrictJson('{"__proto__":{"polluted":true}}');
    expect(Object.hasOwn(parsed as object, '__proto__')).toBe(true);
    expect((parsed as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('counts bytes, not characters, up to the fault', () => {
    expect(refusalOf('{"é😀":1,"é😀":1}')).toEqual({ code: 'duplicate_key', position: 12 });
  });

  it('takes exactly 64 containers inside each other', () => {
    expect(refusalOf('['.repeat(64) + ']'.repeat(64))).toBeUndefined();
    expect(refusalOf('['.repeat(65) + ']'.repeat(65))).toEqual({ code: 'too_deep', position: 64 });
    expect(refusalOf('[[1]]', { depth: 1 })?.code).toBe('too_deep');
  });

  it('does not run out of stack on a hostile depth', () => {
    expect(refusalOf('{"a":'.repeat(100_000))?.code).toBe('too_deep');
  });

  it('takes exactly 10,000 members over all objects', () => {
    const objects = (count: number): string => `[${Array.from({ length: count }, () => '{"a":1,"b":2}').join()}]`;
    expect(refusalOf(objects(5000))).toBeUndefined();
    expect(refusalOf(objects(5001))?.code).toBe('too_many_keys');
    expect(refusalOf('{"a":1,"b":2}', { keys: 1 })?.code).toBe('too_many_keys');
  });

  it('refuses a lone surrogate in a string argument, where it cannot come from UTF-8', () => {
    expect(refusalOf('"é\ud800"')).toEqual({ code: 'lone_surrogate', position: 3 });
  });

  it('keeps big integers of the outside as their literal text when asked to', () => {
    expect(parseStrictJson('[9007199254740993,-1e30,1.5,7]', { bigIntegers: 'text' })).toEqual(['9007199254740993', '-1e30', 1.5, 7]);
    expect(refusalOf('1e999', { bigIntegers: 'text' })?.code).toBe('number_range');
  });

  it('agrees with JSON.parse on all that it takes', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const refusal = refusalOf(text);
        if (refusal) expect(['number_range', 'lone_surrogate', 'duplicate_key']).toContain(refusal.code);
        else expect(parseStrictJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('takes no broken text that JSON.parse refuses, and throws nothing but JsonError', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom(...'{}[]",:\\0e.-tfn \n\u0000'.split('')), fc.boolean(), (text, seed, character, insert) => {
        const at = seed % (text.length + 1);
        const broken = text.slice(0, at) + character + text.slice(insert ? at : at + 1);
        if (refusalOf(broken)) return;
        expect(parseStrictJson(broken)).toEqual(JSON.parse(broken));
      }),
      { numRuns: 1000 },
    );
  });
});
