// SPDX-License-Identifier: Apache-2.0
import { type TSchema, Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { ExactAction, type RecordType, type ReleasedType, compatibilityFaults, plain } from './index.js';

const name = 'nervus.test.thing-made.v1';
const state = (...values: string[]) => Type.Union(values.map((value) => Type.Literal(value)));
const scope = Type.Union([Type.Object({ kind: Type.Literal('all') }), Type.Object({ kind: Type.Literal('agent'), name: Type.String({ maxLength: 63 }) })]);
const fields = {
  id: Type.String({ pattern: '^[a-z]+$', maxLength: 20 }),
  n: Type.Integer({ minimum: 1, maximum: 9 }),
  state: state('open', 'closed'),
  service: Type.Enum(['a', 'b']),
  note: Type.Optional(Type.String()),
  votes: Type.Array(Type.Object({ person: Type.String(), at: Type.Optional(Type.String()) }), { maxItems: 5 }),
  labels: Type.Record(Type.String(), Type.Object({ trust: state('low', 'high') })),
  pair: Type.Tuple([Type.String(), Type.Integer()]),
  scope,
  free: Type.Unknown(),
  action: ExactAction,
};

const released: ReleasedType = { type: name, minor: 0, topic: 't', extensions: { required: ['tier'], optional: ['permit'] }, examples: [], schema: plain(Type.Object(fields)) };

function today(schema: TSchema, change: Partial<RecordType> = {}): RecordType {
  return { type: name, minor: 1, description: 'd', schema, extensions: { required: ['tier'], optional: ['permit'] }, examples: [], upcasters: [], ...change };
}
const faults = (change: Partial<Record<keyof typeof fields | 'added', TSchema>>, without: readonly string[] = [], type: Partial<RecordType> = {}): string[] =>
  compatibilityFaults(released, today(Type.Object(Object.fromEntries(Object.entries({ ...fields, ...change }).filter(([field]) => !without.includes(field)))), type));

describe('a change that readers of both versions survive', () => {
  it.each<[string, Partial<Record<keyof typeof fields | 'added', TSchema>>]>([
    ['nothing', {}],
    ['a new optional field', { added: Type.Optional(Type.String()) }],
    ['a new optional field further in', { votes: Type.Array(Type.Object({ person: Type.String(), at: Type.Optional(Type.String()), why: Type.Optional(Type.String()) }), { maxItems: 5 }) }],
    ['other words', { id: Type.String({ pattern: '^[a-z]+$', maxLength: 20, description: 'said otherwise' }) }],
    ['wider bounds', { n: Type.Number({ maximum: 10 }), votes: Type.Array(Type.Object({ person: Type.String(), at: Type.Optional(Type.String()) }), { maxItems: 6 }) }],
    ['one more value of a union', { state: state('open', 'waiting', 'closed') }],
    ['one more value of an enumeration', { service: Type.Enum(['c', 'b', 'a']) }],
    ['an enumeration said as a union', { service: state('a', 'b') }],
    ['one more kind of a union', { scope: Type.Union([Type.Object({ kind: Type.Literal('tool') }), ...scope.anyOf]) }],
    ['any value where one kind was wanted', { note: Type.Optional(Type.Unknown()) }],
  ])('%s', (_, change) => {
    expect(faults(change)).toEqual([]);
  });
});

describe('a change that breaks', () => {
  it.each<[string, string, Partial<Record<keyof typeof fields | 'added', TSchema>>, string[]?]>([
    ['a new required field', 'the field /added became required', { added: Type.String() }],
    ['an optional field made required', 'the field /note became required', { note: Type.String() }],
    ['a field removed', 'the field /note was removed', {}, ['note']],
    ['a required field removed', 'the field /id was removed, although it is required', {}, ['id']],
    ['a value of a union gone', 'the field /state no longer allows "open"', { state: state('closed') }],
    ['a value of an enumeration gone', 'the field /service no longer allows "b"', { service: Type.Enum(['a', 'c']) }],
    ['a kind of a union gone', 'the field /scope no longer allows { kind: "agent" }', { scope: scope.anyOf[0] }],
    ['a narrower kind of a union', 'the field /scope/name has a narrower maxLength', { scope: Type.Union([scope.anyOf[0], Type.Object({ kind: Type.Literal('agent'), name: Type.String({ maxLength: 9 }) })]) }],
    ['another type', 'the field /n is of type "string", it was "integer"', { n: Type.String() }],
    ['an object where a list was', 'the field /votes is of type "object"', { votes: Type.Object({}) }],
    ['a narrower maximum', 'the field /n has a narrower maximum', { n: Type.Integer({ minimum: 1, maximum: 8 }) }],
    ['a pattern', 'the field /id has a narrower pattern', { id: Type.String({ pattern: '^[a-y]+$', maxLength: 20 }) }],
    ['one kind where any value was allowed', 'the field /free no longer takes any value', { free: Type.String() }],
    ['a required field of an item', 'the field /votes/*/at became required', { votes: Type.Array(Type.Object({ person: Type.String(), at: Type.String() }), { maxItems: 5 }) }],
    ['a value under any name', 'the field /labels/*/trust no longer allows "low"', { labels: Type.Record(Type.String(), Type.Object({ trust: state('high') })) }],
    ['a place of a tuple', 'the field /pair has other places', { pair: Type.Tuple([Type.String()]) }],
    ['a place of a tuple narrowed', 'the field /pair/1 has a narrower minimum', { pair: Type.Tuple([Type.String(), Type.Integer({ minimum: 0 })]) }],
    ['a field added to what is digested as a whole', 'the field /action/more was added to an object that is closed', { action: Type.Object({ ...ExactAction.properties, more: Type.Optional(Type.String()) }, { additionalProperties: false }) }],
    ['what is digested as a whole opened', 'the field /action is open for undeclared fields', { action: Type.Object(ExactAction.properties) }],
    ['a keyword that nobody compares', 'the field /id says otherwise about format', { id: Type.String({ pattern: '^[a-z]+$', maxLength: 20, format: 'uuid' }) }],
  ])('%s is refused, and the sentence names the field and the way out', (_, sentence, change, without) => {
    const found = faults(change, without);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${name}: ${sentence}`);
    expect(found[0]).toContain('or make nervus.test.thing-made.v2 beside it');
  });

  it('signed headers are neither demanded of records that do not have them nor dropped where they were demanded', () => {
    expect(faults({}, [], { extensions: { required: ['tier', 'permit'], optional: [] } })[0]).toMatch(/ce_permit is required now.*thing-made\.v2/);
    expect(faults({}, [], { extensions: { required: [], optional: ['tier', 'permit'] } })[0]).toMatch(/ce_tier is no longer required.*thing-made\.v2/);
  });

  it('a change under the same minor version, or a lower one, is refused: readers could not tell which they hold', () => {
    expect(faults({ added: Type.Optional(Type.String()) }, [], { minor: 0 })).toEqual([expect.stringContaining('Set `minor: 1`')]);
    expect(faults({}, [], { minor: 0 })).toEqual([]);
    expect(compatibilityFaults({ ...released, minor: 2 }, today(Type.Object(fields)))[0]).toContain('2 was released');
  });
});

describe('what an upcaster carries', () => {
  const carrying = (...carries: string[]) => ({ upcasters: [{ from: 0, carries, upcast: (value: Readonly<Record<string, unknown>>) => value }] });

  it('passes, and nothing beside it', () => {
    const change = { state: state('closed'), added: Type.String() };
    expect(faults(change, [], carrying('/state', '/added'))).toEqual([]);
    expect(faults(change, [], carrying('/state'))).toEqual([expect.stringContaining('/added')]);
  });

  it('does not pass when it comes before the released version', () => {
    const later = { ...released, minor: 1 };
    expect(compatibilityFaults(later, today(Type.Object({ ...fields, state: state('closed') }), { minor: 2, upcasters: [...carrying('/state').upcasters, { from: 1, carries: [], upcast: (value) => value }] }))).toHaveLength(1);
  });

  it('is never what earlier readers demand, nor what is digested as a whole', () => {
    expect(faults({}, ['id'], carrying('/id'))).toHaveLength(1);
    expect(faults({ action: Type.Object({ ...ExactAction.properties, tool: Type.String({ maxLength: 1 }) }, { additionalProperties: false }) }, [], carrying('/action/tool'))[0]).not.toContain('upcaster');
  });
});
