// SPDX-License-Identifier: Apache-2.0
import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, quoted, shortened } from './printable.js';

describe('text of agents in a terminal', () => {
  it.each([
    ['an escape sequence that clears the screen', '\u001b[2Jpre-approved', '‹U+001B›[2Jpre-approved'],
    ['a right-to-left override', 'file\u202Egnp.exe', 'file‹U+202E›gnp.exe'],
    ['a zero-width space', 'pay\u200Bpal', 'pay‹U+200B›pal'],
    ['a tag character', `a${String.fromCodePoint(0xe0041)}b`, 'a‹U+E0041›b'],
    ['a carriage return that overwrites the line', 'refused\rapproved', 'refused‹U+000D›approved'],
    ['a line break', 'one\ntwo', 'one ⏎ two'],
  ])('%s is written out and does nothing', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('no text whatever brings a control or invisible character to the terminal', () => {
    const active = /[\p{Cc}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u;
    assert(property(string({ unit: 'binary' }), (text) => !active.test(printable(text)) && !active.test(quoted(text).replaceAll('\n', ''))));
  });

  it('a quoted text cannot leave its quotation', () => {
    expect(quoted('one\r\ntwo\u2028three\nstate: permitted')).toBe('  │ one\n  │ two‹U+2028›three\n  │ state: permitted');
  });

  it('shortens by characters, not inside one', () => {
    expect(shortened('😀😀😀', 2)).toBe('😀…');
    expect(shortened('ab', 2)).toBe('ab');
  });
});
