// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { contentOfForm } from './form.js';

const read = (text: string): unknown => contentOfForm(Buffer.from(text));

describe('forms of Slack', () => {
  it('the fields of a command are the content', () => {
    expect(read('command=%2Fcollect&text=a+b&user=J%C3%BCrg')).toEqual({ command: '/collect', text: 'a b', user: 'Jürg' });
    expect(read('')).toEqual({});
  });

  it('an interaction is the JSON in its payload', () => {
    expect(read(`payload=${encodeURIComponent('{"type":"block_actions","trigger_id":"1"}')}`)).toEqual({ type: 'block_actions', trigger_id: '1' });
    expect(read('payload=5&more=1')).toEqual({ payload: '5', more: '1' });
  });

  it.each([['a field that stands twice', 'a=1&a=2'], ['a broken escape', 'a=%zz'], ['half a character', 'a=%C3'], ['too many fields', Array.from({ length: 9_901 }, (_, n) => `f${n}=`).join('&')]])('%s is refused', (_, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ status: 400, code: 'form_invalid' }));
  });

  it('bytes that are no UTF-8 are refused, and a payload is strict JSON', () => {
    expect(() => contentOfForm(Buffer.from([0x61, 0x3d, 0xff]))).toThrow(expect.objectContaining({ status: 400 }));
    expect(() => read(`payload=${encodeURIComponent('{"a":1,"a":2}')}`)).toThrow();
  });

  it('a name that means something to JavaScript is a field like any other', () => {
    expect(Object.keys(read('__proto__=1&constructor=2') as object)).toEqual(['__proto__', 'constructor']);
  });
});
