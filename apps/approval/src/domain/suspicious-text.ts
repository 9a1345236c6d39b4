// SPDX-License-Identifier: Apache-2.0

/** What in a text could deceive the person who reads it. Flags only: text is never changed or dropped. */
export type Suspicion = 'invisible-characters' | 'bidirectional-controls' | 'mixed-scripts' | 'instruction-like';

// Bidirectional embeddings, overrides and isolates (Unicode UAX #9): they reorder what a reader sees.
const bidirectional = /\p{Bidi_Control}/u;
// What Unicode calls default-ignorable (tags included) and control characters. The two variation
// selectors and the joiners of emoji and of scripts are left out, joiners only where no Latin letter stands beside them.
const invisible = /[\p{Default_Ignorable_Code_Point}--[\p{Join_Control}\p{Bidi_Control}\u{FE0E}-\u{FE0F}]]|[\p{Cc}--[\t\n\r]]|\p{Script=Latin}\p{Join_Control}|\p{Join_Control}\p{Script=Latin}/v;
const word = /[\p{L}\p{M}]+/gu;
const latin = /\p{Script=Latin}/u;
const lookalike = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/u;

// Phrases that speak to a reviewer or a model instead of reporting. A hint for people, not a filter.
const instructions = [
  /\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|rules?|polic(?:y|ies)|above|previous|prior)\b/iu,
  /\b(?:already|pre-?)\s*-?(?:approved|authori[sz]ed|cleared)\b/iu,
  /\b(?:please\s+)?(?:approve|authori[sz]e)\s+(?:this|it|now|immediately|without)\b/iu,
  /\b(?:system prompt|you are (?:now|an? )|as an ai|developer mode|new instructions?)\b/iu,
  /\b(?:do not|don't)\s+(?:tell|ask|check|verify|review|question)\b/iu,
  /<\/?(?:system|assistant|user|instructions?)>/iu,
];

/** Suspicions about one text, in a fixed order. */
export function suspicionsOf(text: string): Suspicion[] {
  const found: Suspicion[] = [];
  if (invisible.test(text)) found.push('invisible-characters');
  if (bidirectional.test(text)) found.push('bidirectional-controls');
  if ((text.match(word) ?? []).some((one) => latin.test(one) && lookalike.test(one))) found.push('mixed-scripts');
  if (instructions.some((pattern) => pattern.test(text))) found.push('instruction-like');
  return found;
}

/** Every string in a JSON value with its pointer, names of members included (they are read too). */
export function* textsIn(value: unknown, pointer = ''): Generator<{ readonly pointer: string; readonly text: string }> {
  if (typeof value === 'string') yield { pointer, text: value };
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    const below = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!Array.isArray(value)) yield { pointer: below, text: name };
    yield* textsIn(member, below);
  }
}
