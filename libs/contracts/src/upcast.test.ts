// SPDX-License-Identifier: Apache-2.0
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { EnrolmentRequested, ExactAction, WorkloadChanged, additiveFrom, dataSchemaOf, minorIn, record, upcast } from './index.js';

const name = 'nervus.test.thing-made.v1';
const base = { type: name, description: 'a made-up type', schema: Type.Object({ a: Type.String() }), examples: [{ a: 'x' }] as const };

/** Each step writes down that it ran. */
const step = (from: number) => ({ from, carries: [], upcast: (value: Readonly<Record<string, unknown>>) => ({ ...value, ran: `${(value['ran'] as string | undefined) ?? ''}${from}` }) });

describe('upcasters', () => {
  it('run from the minor version of the record to the present one, in order, and not once more', () => {
    const type = record({ ...base, minor: 3, upcasters: [step(0), step(1), step(2)] });
    expect([0, 1, 2, 3, 4].map((minor) => upcast(type, minor, { a: 'x' }))).toEqual([{ a: 'x', ran: '012' }, { a: 'x', ran: '12' }, { a: 'x', ran: '2' }, { a: 'x' }, { a: 'x' }]);
  });

  it('a value of a type that only added comes back as it is, and so does what is no object', () => {
    expect(upcast(record({ ...base, minor: 3 }), 0, { a: 'x' })).toEqual({ a: 'x' });
    const type = record({ ...base, minor: 1, upcasters: [step(0)] });
    for (const value of [null, 'x', [1]]) expect(upcast(type, 0, value)).toBe(value);
  });

  it.each<[string, number, Parameters<typeof record>[0]['upcasters'], RegExp]>([
    ['a missing first step', 2, [step(1)], /gap: expected one from minor 0, found one from 1/],
    ['a missing step between', 3, [step(0), step(2)], /gap: expected one from minor 1, found one from 2/],
    ['a missing last step', 2, [step(0)], /gap: expected one from minor 1, found none/],
    ['a step twice', 2, [step(0), step(0)], /gap: expected one from minor 1, found one from 0/],
    ['a step beyond the present version', 1, [step(0), step(1)], /from minor 1 leads beyond minor 1/],
    ['a step of a type without versions', 0, [step(0)], /leads beyond minor 0/],
    ['a minor version that is no number of versions', -1, [], /expected a whole number/],
  ])('%s is refused when the declaration is loaded', (_, minor, upcasters, message) => {
    expect(() => record({ ...base, minor, ...(upcasters && { upcasters }) })).toThrow(message);
  });

  it('a step that only added is said to be that', () => {
    expect(upcast(record({ ...base, minor: 2, upcasters: [additiveFrom(0), step(1)] }), 0, { a: 'x' })).toEqual({ a: 'x', ran: '1' });
  });

  it.each(['/action', '/action/params', '/action/agent/name'])('%s may not be carried over: it is digested as a whole, and the digest would no longer be of what was signed', (path) => {
    const schema = Type.Object({ action: ExactAction });
    expect(() => record({ type: name, description: 'd', schema, examples: [{ action: {} as never }], minor: 1, upcasters: [{ from: 0, carries: [path], upcast: (value) => value }] })).toThrow(/closed because it is digested or signed as a whole/);
  });

  it('types that are read while their signature is checked have none: libs/trust reads them as they were written', () => {
    expect([...WorkloadChanged.upcasters, ...EnrolmentRequested.upcasters]).toEqual([]);
  });
});

describe('the minor version in ce_dataschema', () => {
  it('comes back as it was written', () => {
    for (const minor of [0, 7, 120]) expect(minorIn(name, dataSchemaOf(name, minor))).toBe(minor);
  });

  it.each(['', `urn:nervus:schema:${name}`, `urn:nervus:schema:${name}:`, `urn:nervus:schema:${name}:01`, `urn:nervus:schema:${name}:-1`, `urn:nervus:schema:${name}:1.0`, `urn:nervus:schema:${name}:1e3`, `urn:nervus:schema:${name.replace('thing', 'other')}:1`])('"%s" names none', (text) => {
    expect(minorIn(name, text)).toBeUndefined();
  });
});
