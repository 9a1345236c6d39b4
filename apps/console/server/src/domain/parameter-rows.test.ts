// SPDX-License-Identifier: Apache-2.0
import { type Label, RequestChanged } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { parameterRows } from './parameter-rows.js';

const [{ packet }] = RequestChanged.examples as [RequestChanged];
const untrusted: Label = { src: ['2f1b8a3e-4c5d-5e6f-8a9b-0c1d2e3f4a5b#/content/title'], trust: 'untrusted', class: 'public' };
const rowsOf = (params: Record<string, unknown>, labels: typeof packet.labels, control: string[] = []): ReturnType<typeof parameterRows> => parameterRows({ action: { ...packet.action, params }, labels, control });

describe('parameters as they are shown', () => {
  it('none is left out, also one without a label', () => {
    expect(rowsOf({ url: 'x', hidden: 1 }, { '/url': untrusted }).map(({ pointer, label, value }) => [pointer, label?.trust, value])).toEqual([['/url', 'untrusted', 'x'], ['/hidden', undefined, '1']]);
  });

  it('a deeper place with provenance of its own gets its own row', () => {
    expect(rowsOf({ body: { note: 'hi' } }, { '/body/note': untrusted }).map(({ pointer, nested, value }) => [pointer, nested, value])).toEqual([['/body', false, '{\n  "note": "hi"\n}'], ['/body/note', true, 'hi']]);
  });

  it('control covers what lies below it', () => {
    expect(rowsOf({ headers: { a: 'b' }, header: 1 }, { '/headers/a': untrusted }, ['/headers']).map(({ control }) => control)).toEqual([true, true, false]);
  });

  it('names with slashes and tildes keep their labels', () => {
    expect(rowsOf({ 'a/b~c': 1 }, { '/a~1b~0c': untrusted })[0]).toMatchObject({ pointer: '/a~1b~0c', value: '1', label: untrusted });
  });

  it('a label that only pretends to be one is none', () => {
    expect(rowsOf({ constructor: 1 }, {}).map(({ label }) => label)).toEqual([undefined]);
  });
});
