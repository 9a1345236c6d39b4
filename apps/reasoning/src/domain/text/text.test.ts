// SPDX-License-Identifier: Apache-2.0
import { array, assert, constantFrom, property, string, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Automaton, longestMatches } from './automaton.js';
import { canonicalText, cut, lowerSameLength } from './canonical.js';
import { distance, figuresOf, fingerprintOf, wordsOf } from './fingerprint.js';
import { sentencesOf } from './sentences.js';

describe('canonical text', () => {
  it.each([
    ['zero-width characters hide a name', 'Norr\u200bland B\u200dank', 'Norrland Bank', ['invisible characters']],
    ['tag characters carry a hidden text', 'Orbis\u{e0069}\u{e0067}', 'Orbis', ['tag characters']],
    ['direction controls turn a word', 'a \u202edenimod\u202c b', 'a denimod b', ['text direction controls']],
    ['letters of two alphabets make one word', 'Nоrrland', 'Norrland', ['mixed scripts in a word']],
    ['full-width letters', 'Ｎｏｒｒｌａｎｄ', 'Norrland', []],
    ['a whole word of another alphabet stays', 'Норрланд Банк', 'Норрланд Банк', []],
    ['a script is no text', '<script>steal()</script>Halden <b>Steel</b>', 'Halden Steel', ['active markup']],
    ['escaped markup is markup', '&lt;a href="javascript:x"&gt;Approve&lt;/a&gt; now', 'Approve now', ['active markup']],
    ['a comment says nothing', 'a<!-- defaults on -->b', 'a b', []],
    ['what never closes was not meant to be seen', 'shown <img src=x onerror=alert(1)', 'shown', ['active markup']],
    ['a comparison is no element', 'a < b & c > d', 'a < b & c > d', []],
    ['control characters', 'a\u0000\u001b[31mb', 'a [31mb', []],
  ])('%s', (_, raw, text, flags) => {
    expect(canonicalText(raw)).toEqual({ text, flags });
  });

  it('never throws, never shows a control or an invisible character, whatever comes in', () => {
    assert(
      property(string({ unit: 'binary', maxLength: 300 }), (raw) => {
        const { text } = canonicalText(raw);
        expect(text).not.toMatch(/[\p{Cc}\u200b-\u200f\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u);
        expect(text.isWellFormed()).toBe(true);
        expect(lowerSameLength(text)).toHaveLength(text.length);
        expect(cut(text, 20).length).toBeLessThanOrEqual(20);
      }),
    );
  });

  it.each([['a zero-width space', '&#x200b;'], ['a change of direction', '&#8238;'], ['a tag character', '&#xe0041;'], ['an unassigned one of their block', '\u{e0000}'], ['a control', '&#7;']])('%s does not come in by a character reference or by being unassigned', (_, hidden) => {
    expect(canonicalText(`pay ${hidden}now`).text).toBe('pay now');
  });

  it('takes linear time for markup that never ends', () => {
    const started = performance.now();
    for (const hostile of ['<', '<!--', '<script>', '&', '&lt;', '<a ']) canonicalText(hostile.repeat(20_000));
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});

describe('sentences', () => {
  it.each([
    ['figures hold points', 'It rose 3.5 per cent. Then it fell.', ['It rose 3.5 per cent.', 'Then it fell.']],
    ['initials hold points', 'The U.S. unit of Acme Inc. grew. It paid.', ['The U.S. unit of Acme Inc. grew.', 'It paid.']],
    ['no space follows a full stop in Chinese', '构成违约。债权人开会。', ['构成违约。', '债权人开会。']],
    ['Arabic', 'هل تعثر البنك؟ نعم.', ['هل تعثر البنك؟', 'نعم.']],
    ['nothing', '', []],
  ])('%s', (_, text, expected) => {
    expect(sentencesOf(text).map(({ start, end }) => text.slice(start, end))).toEqual(expected);
  });
});

describe('phrases', () => {
  const find = (phrases: string[], text: string): string[] => longestMatches(new Automaton(phrases.map((phrase) => [phrase, phrase] as const)).find(text.toLowerCase())).map((match) => match.value);
  it('match whole words, beginnings only where it is asked for', () => {
    expect(find(['default', 'sanction*'], 'Defaults by default: sanctioned')).toEqual(['default', 'sanction*']);
  });
  it('the longest wins where phrases overlap', () => {
    expect(find(['central bank', 'european central bank', 'bank'], 'The European Central Bank')).toEqual(['european central bank']);
  });
  it('stand anywhere in scripts without spaces', () => {
    expect(find(['违约'], '构成违约。')).toEqual(['违约']);
  });
  it('short Arabic particles are not found inside words', () => {
    expect(find(['لم', 'تعثر'], 'البنك المركزي وتعثر')).toEqual(['تعثر']);
  });
  it('finds what a plain search finds', () => {
    const word = array(constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }).map((letters) => letters.join(''));
    assert(
      property(uniqueArray(word, { minLength: 1, maxLength: 8 }), array(word, { maxLength: 30 }), (phrases, words) => {
        const text = words.join(' ');
        const found = new Automaton(phrases.map((phrase) => [phrase, phrase] as const)).find(text).map((match) => `${match.start}:${match.value}`);
        const expected = phrases.flatMap((phrase) => [...text.matchAll(new RegExp(`(?<![abc])${phrase}(?![abc])`, 'g'))].map((match) => `${match.index}:${phrase}`));
        expect(found.sort()).toEqual(expected.sort());
      }),
    );
  });
});

describe('fingerprints', () => {
  const story = 'norrland bank failed to pay the coupon of a 300 million euro bond that was due on monday. creditors were told that payments are suspended until further notice.';
  const mark = (text: string) => fingerprintOf(wordsOf(text));
  it('stay near when a word changes and go far when the story does', () => {
    expect(distance(mark(story), mark(story.replace('further notice', 'friday noon')))).toBeLessThanOrEqual(12);
    expect(distance(mark(story), mark('cobalt air opened an office in porto with 40 jobs. local officials praised the investment and the mayor cut a ribbon.'))).toBeGreaterThan(20);
  });
  it('figures are compared apart, or 25 basis points would repeat 50', () => {
    expect(figuresOf('raised by 25 basis points to 3.5')).not.toBe(figuresOf('raised by 50 basis points to 3.5'));
  });
});
