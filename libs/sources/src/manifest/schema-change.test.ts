// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { EventSchema } from './event-schema.js';
import { schemaChangeFaults } from './schema-change.js';

const schema = (version: number, properties: object, more: object = {}): EventSchema => ({ version, compatibility: 'backward', json: { type: 'object', properties, ...more } });
const before = schema(1, { id: { type: 'string' }, total: { type: 'integer', minimum: 0 } }, { required: ['id'], additionalProperties: false });

describe('a change of the registered schema', () => {
  it.each([
    ['a further field', schema(2, { id: { type: 'string' }, total: { type: 'integer', minimum: 0 }, note: { type: 'string' } }, { required: ['id'], additionalProperties: false })],
    ['a wider bound', schema(2, { id: { type: 'string' }, total: { type: 'integer' } }, { required: ['id'], additionalProperties: false })],
    ['an object that is opened', schema(2, { id: { type: 'string' }, total: { type: 'integer', minimum: 0 } }, { required: ['id'] })],
    ['the same again', before],
  ])('%s is taken', (_, now) => {
    expect(schemaChangeFaults(before, now)).toEqual([]);
    expect(schemaChangeFaults(undefined, now)).toEqual([]);
  });

  it.each([
    ['a field that became required', schema(2, { id: { type: 'string' }, total: { type: 'integer', minimum: 0 } }, { required: ['id', 'total'], additionalProperties: false }), 'the field /total became required'],
    ['another type', schema(2, { id: { type: 'integer' }, total: { type: 'integer', minimum: 0 } }, { required: ['id'], additionalProperties: false }), 'the field /id is of type "integer"'],
    ['a field that is gone', schema(2, { id: { type: 'string' } }, { required: ['id'], additionalProperties: false }), 'the field /total was removed'],
    ['a change without a new version', schema(1, { id: { type: 'string' } }), 'set version 2'],
    ['an older version', { ...before, version: 0 }, 'is older'],
  ])('%s is refused', (_, now, message) => {
    expect(schemaChangeFaults(before, now)[0]).toContain(message);
  });

  it('an owner may break with publishers, in writing', () => {
    expect(schemaChangeFaults(before, { ...schema(2, { id: { type: 'integer' } }), compatibility: 'none' })).toEqual([]);
  });
});
