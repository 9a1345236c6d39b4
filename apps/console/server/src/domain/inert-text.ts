// SPDX-License-Identifier: Apache-2.0

/** A piece of text as a page may show it: as it is, a character made visible, or a word of mixed scripts. */
export interface Segment {
  readonly kind: 'text' | 'ghost' | 'mixed';
  /** Of a ghost, its code point as `U+202E`. */
  readonly text: string;
}

export interface InertText {
  readonly segments: readonly Segment[];
  /** What lies beyond the bound, inert too; empty when all is shown. */
  readonly rest: readonly Segment[];
  /** Bytes of the whole text in UTF-8. */
  readonly bytes: number;
}

/** Bytes of one text that are shown at once; the rest on demand. */
export const shownBytes = 8 * 1024;

// What reorders (Unicode UAX #9) or cannot be seen: bidirectional controls, default-ignorable characters (zero-width
// ones and tags among them), control characters, line separators, private use, lone surrogates.
const ghost = /[\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2028\u2029\p{Co}\p{Cs}]|[\p{Cc}--[\t\n]]/v;
// Emoji need their variation selectors and joiners; between such characters these hide nothing.
const pieces = /(?<emoji>\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*)|(?<word>[[\p{L}\p{M}]--\p{Default_Ignorable_Code_Point}]+)|[^]/gv;
const latin = /\p{Script=Latin}/u;
const lookalike = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/u;

/** Text of agents and of the outside, cut into pieces that can neither reorder nor hide anything. */
export function inertText(text: string, most = shownBytes): InertText {
  const bytes = Buffer.byteLength(text);
  const [shown, rest] = bytes <= most ? [text, ''] : cutAt(text, most);
  return { segments: segmentsOf(shown), rest: segmentsOf(rest), bytes };
}

/** The same as one line of plain text, ghosts written as `‹U+202E›`. */
export const inertLine = (text: string): string => segmentsOf(text).map(({ kind, text: piece }) => (kind === 'ghost' ? `‹${piece}›` : piece)).join('').replaceAll(/[\t\n]+/g, ' ');

export function segmentsOf(text: string): Segment[] {
  const segments: Segment[] = [];
  let plain = '';
  const flush = (): void => {
    if (plain !== '') segments.push({ kind: 'text', text: plain });
    plain = '';
  };
  const ghosts = (piece: string): void => {
    for (const character of piece) {
      if (!ghost.test(character)) {
        plain += character;
        continue;
      }
      flush();
      segments.push({ kind: 'ghost', text: `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}` });
    }
  };
  for (const match of text.replaceAll('\r\n', '\n').matchAll(pieces)) {
    const { emoji: picture, word: letters } = match.groups ?? {};
    if (picture !== undefined) plain += picture;
    else if (letters !== undefined && latin.test(letters) && lookalike.test(letters)) {
      flush();
      segments.push({ kind: 'mixed', text: letters });
    } else ghosts(match[0]);
  }
  flush();
  return segments;
}

/** Cuts at a character, not inside one. */
function cutAt(text: string, most: number): [string, string] {
  let bytes = 0;
  let units = 0;
  for (const character of text) {
    const size = Buffer.byteLength(character);
    if (bytes + size > most) break;
    bytes += size;
    units += character.length;
  }
  return [text.slice(0, units), text.slice(units)];
}
