// SPDX-License-Identifier: Apache-2.0

// Text of agents and of the outside must do nothing in a terminal: escape sequences, bidirectional controls (Unicode
// UAX #9), zero-width and other default-ignorable characters are written out by their code points.
const active = /[\p{Cc}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2028\u2029\p{Co}\p{Cs}]/gu;

/** One line of inert text; line breaks become visible marks. */
export const printable = (text: string): string => text.replaceAll('\r\n', '\n').replaceAll('\n', ' ⏎ ').replaceAll(active, mark);

/** Inert text that keeps its lines, each behind a mark that the text itself cannot leave. */
export const quoted = (text: string): string =>
  text
    .split(/\r\n|[\n\r]/)
    .map((line) => `  │ ${line.replaceAll('\t', '  ').replaceAll(active, mark)}`)
    .join('\n');

/** At most so many characters (code points), with an ellipsis where something was cut. */
export function shortened(text: string, length: number): string {
  const points = Array.from(text);
  return points.length <= length ? text : `${points.slice(0, length - 1).join('')}…`;
}

function mark(character: string): string {
  return `‹U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}›`;
}
