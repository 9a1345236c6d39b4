// SPDX-License-Identifier: Apache-2.0

/** A part of a text, `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const ender = /[.!?。！？؟।۔]+["'”’)\]]*/gu;
const unspaced = /[。！？]/u;
const abbreviation = /(?:^|[\s(.])(?:\p{L}|Inc|Corp|Ltd|Co|Mr|Mrs|Ms|Dr|St|No|vs|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|bn|mn|approx|e\.g|i\.e)$/u;

/** Splits canonical text into sentences, for Latin, Cyrillic, Greek, CJK, Arabic and Indic full stops. */
export function sentencesOf(text: string): Span[] {
  const spans: Span[] = [];
  let start = 0;
  for (const found of text.matchAll(ender)) {
    const end = found.index + found[0].length;
    const splits = unspaced.test(found[0]) || end === text.length || (text.charAt(end) === ' ' && !(found[0] === '.' && abbreviation.test(text.slice(Math.max(start, found.index - 8), found.index))));
    if (!splits) continue;
    push(spans, text, start, end);
    start = end;
  }
  push(spans, text, start, text.length);
  return spans;
}

function push(spans: Span[], text: string, from: number, to: number): void {
  let [start, end] = [from, to];
  while (start < end && text.charAt(start) === ' ') start++;
  while (end > start && text.charAt(end - 1) === ' ') end--;
  if (end > start) spans.push({ start, end });
}
