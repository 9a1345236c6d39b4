// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { checkOf, faultsOfSchema } from './event-schema.js';

const schema = (json: Record<string, unknown>) => ({ version: 1, compatibility: 'backward' as const, json });
const order = schema({ type: 'object', required: ['id'], properties: { id: { type: 'string', pattern: '^o-[0-9]+$' }, total: { type: 'integer', minimum: 0 } }, additionalProperties: false });

describe('the registered schema of events', () => {
  it('says where an event does not fit', () => {
    expect(checkOf(order)({ id: 'o-1', total: 5 })).toEqual([]);
    expect(checkOf(order)({ id: 'o-1', total: -5 })).toEqual(['/total must be >= 0']);
    expect(checkOf(order)({ id: 'o-1', colour: 'red' })).toEqual(['/ must NOT have additional properties ("colour")']);
  });

  it.each([
    ['refers to another file', { $ref: 'https://schemas.example/order.json' }, 'may only point into the same schema'],
    ['has a keyword that nobody knows', { typo: 'object' }, 'unknown keyword'],
    ['has a pattern that could take for ever', { type: 'string', pattern: '^(a+)\\1$' }, 'invalid escape'],
    ['is huge', { description: 'x'.repeat(40_000) }, 'more than'],
  ])('one that %s is refused', (_, json, message) => {
    expect(faultsOfSchema(schema(json))).toEqual([{ pointer: '/spec/schema/json', message: expect.stringContaining(message) }]);
  });

  it('each field is held to its own pattern', () => {
    const two = schema({ type: 'object', properties: { a: { type: 'string', pattern: '^a$' }, b: { type: 'string', pattern: '^b$' } } });
    expect(checkOf(two)({ a: 'a', b: 'b' })).toEqual([]);
    expect(checkOf(two)({ a: 'a', b: 'a' })).toEqual(['/b must match pattern "^b$"']);
  });

  it('a pattern of nested repeats takes linear time on a hostile text', () => {
    const nested = schema({ type: 'string', pattern: '^(a+)+$' });
    expect(checkOf(nested)(`${'a'.repeat(50_000)}!`)).not.toEqual([]);
  });
});
