// SPDX-License-Identifier: Apache-2.0
import { stripMarkup } from './markup.js';

/** Text as the brains read it: one form for what looks the same, nothing that does not show. */
export interface CanonicalText {
  readonly text: string;
  /** What was hidden or disguised in it; shown to reviewers, never acted upon. */
  readonly flags: readonly string[];
}

const plain = /^[\u0020-\u007e]*$/;
const invisible = /[\p{Cf}\p{Co}\p{Default_Ignorable_Code_Point}]/gu;
const bidi = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const tags = /[\u{e0000}-\u{e007f}]/u;
const control = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;
const space = /[ \t\u00a0]+/g;
const word = /[\p{L}\p{M}]+/gu;

/**
 * NFKC, without markup, without characters that do not show (zero-width, bidi controls, tags, variation selectors),
 * white space folded. Words that mix Latin with look-alike letters are folded to Latin, so that a watched name cannot
 * hide behind one of them.
 */
export function canonicalText(raw: string): CanonicalText {
  const flags = new Set<string>();
  const unmarked = stripMarkup(visible(raw, flags));
  if (unmarked.active) flags.add('active markup');
  // Character references may bring back what was taken out.
  const text = visible(unmarked.text, flags);
  return { text: text.replace(control, ' ').replace(space, ' ').trim(), flags: [...flags] };
}

function visible(text: string, flags: Set<string>): string {
  if (plain.test(text)) return text;
  const hidden = flags.size;
  if (bidi.test(text)) flags.add('text direction controls');
  if (tags.test(text)) flags.add('tag characters');
  const normal = text.toWellFormed().normalize('NFKC');
  const shown = normal.replace(invisible, '');
  if (flags.size === hidden && shown.length < normal.length) flags.add('invisible characters');
  return foldLookAlikes(shown, flags);
}

// Letters of other scripts that look like a Latin one (a selection of Unicode TS 39 confusables).
const lookAlikes = new Map(Object.entries({ а: 'a', е: 'e', о: 'o', р: 'p', с: 'c', у: 'y', х: 'x', і: 'i', ј: 'j', ѕ: 's', ԁ: 'd', һ: 'h', А: 'A', В: 'B', Е: 'E', К: 'K', М: 'M', Н: 'H', О: 'O', Р: 'P', С: 'C', Т: 'T', Х: 'X', І: 'I', ο: 'o', α: 'a', ν: 'v', Α: 'A', Β: 'B', Ε: 'E', Η: 'H', Ι: 'I', Κ: 'K', Μ: 'M', Ν: 'N', Ο: 'O', Ρ: 'P', Τ: 'T', Υ: 'Y', Χ: 'X' }));
const latin = /\p{Script=Latin}/u;
const otherAlphabet = /[\p{Script=Cyrillic}\p{Script=Greek}]/u;

function foldLookAlikes(text: string, flags: Set<string>): string {
  if (!otherAlphabet.test(text)) return text;
  return text.replace(word, (found) => {
    if (!latin.test(found) || !otherAlphabet.test(found)) return found;
    flags.add('mixed scripts in a word');
    return Array.from(found, (letter) => lookAlikes.get(letter) ?? letter).join('');
  });
}

/** Lower case with the same length, so that places in it are places in the text. */
export function lowerSameLength(text: string): string {
  const lower = text.toLowerCase();
  if (lower.length === text.length) return lower;
  let same = '';
  for (let at = 0; at < text.length; at++) {
    const unit = text.charAt(at);
    const low = unit.toLowerCase();
    same += low.length === 1 ? low : unit;
  }
  return same;
}

/** Cuts text to at most `most` UTF-16 units without tearing a character. */
export const cut = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed().replace(/\ufffd$/, '')}…`);
