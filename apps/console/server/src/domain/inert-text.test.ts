// SPDX-License-Identifier: Apache-2.0
import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inertLine, inertText, segmentsOf, shownBytes } from './inert-text.js';

const marks = (text: string): string[] => segmentsOf(text).filter(({ kind }) => kind === 'ghost').map(({ text: mark }) => mark);

describe('text of agents', () => {
  it.each([
    ['right-to-left override', 'a\u202Eb', 'U+202E'],
    ['isolate', 'a\u2066b', 'U+2066'],
    ['zero-width space', 'a\u200Bb', 'U+200B'],
    ['zero-width joiner between letters', 'a\u200Db', 'U+200D'],
    ['word joiner', 'a\u2060b', 'U+2060'],
    ['soft hyphen', 'a\u00ADb', 'U+00AD'],
    ['tag character', `a${String.fromCodePoint(0xe0041)}`, 'U+E0041'],
    ['variation selector on a letter', 'a\uFE0F', 'U+FE0F'],
    ['escape', 'a\u001b[2J', 'U+001B'],
    ['carriage return alone', 'a\rb', 'U+000D'],
    ['line separator', 'a\u2028b', 'U+2028'],
    ['filler that counts as a letter', 'a\u3164b', 'U+3164'],
    ['private use', 'a\uE000b', 'U+E000'],
    ['lone surrogate', 'a\uD800b', 'U+D800'],
    ['byte order mark', '\uFEFFa', 'U+FEFF'],
  ])('%s is made visible', (_, text, mark) => {
    expect(marks(text)).toEqual([mark]);
  });

  it.each([['a family', '👨\u200D👩\u200D👧'], ['a heart', '❤\uFE0F'], ['accents and lines', 'Ärger\n\te\u0301té'], ['Arabic', 'مرحبا'], ['Hebrew', 'שלום']])('%s stays as it is', (_, text) => {
    expect(segmentsOf(text)).toEqual([{ kind: 'text', text }]);
  });

  it('a word of two scripts that look alike is marked, and words of one are not', () => {
    expect(segmentsOf('the pаypal bank').map(({ kind, text }) => [kind, text])).toEqual([['text', 'the '], ['mixed', 'pаypal'], ['text', ' bank']]);
    expect(segmentsOf('банк bank').every(({ kind }) => kind === 'text')).toBe(true);
  });

  it('whatever the text, no invisible or reordering character is left outside of emoji', () => {
    const hidden = /[\p{Bidi_Control}\u200B\u200C\u2060\uFEFF\u00AD\p{Cs}]|[\p{Cc}--[\t\n]]/v;
    assert(property(string({ unit: 'binary' }), (text) => segmentsOf(text).every(({ text: piece }) => !hidden.test(piece)) && !hidden.test(inertLine(text))));
  });

  it('nothing is lost or invented: plain pieces and marks give the text back', () => {
    const back = (text: string): string => segmentsOf(text).map(({ kind, text: piece }) => (kind === 'ghost' ? String.fromCodePoint(Number.parseInt(piece.slice(2), 16)) : piece)).join('');
    assert(property(string({ unit: 'binary' }), (text) => back(text) === text.replaceAll('\r\n', '\n')));
  });

  it('a megabyte is cut at eight KiB, between characters, and the rest can be had', () => {
    const text = `${'😀'.repeat(3000)}end`;
    const { segments, rest, bytes } = inertText(text);
    const shown = segments.map((segment) => segment.text).join('');
    expect(bytes).toBe(12_003);
    expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(shownBytes);
    expect(shown + rest.map((segment) => segment.text).join('')).toBe(text);
    expect(inertText('short').rest).toEqual([]);
  });
});
