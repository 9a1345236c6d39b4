// SPDX-License-Identifier: Apache-2.0
// Pages are built from templates that escape whatever is put into them: text can become markup only by being Html.

/** Markup. Only {@link html} makes it, and {@link joined} of such. */
export class Html {
  constructor(
    /** Escaped already. */
    readonly markup: string,
  ) {}
}

/** What may stand in a template; lists are put one after the other, and nothing stands for undefined and false. */
export type Piece = Html | string | number | undefined | false | readonly Piece[];

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');

/** Markup with every value escaped, in element content and in quoted attributes alike. */
export function html(strings: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return new Html(strings.map((text, index) => (index === 0 ? text : markupOf(values[index - 1]) + text)).join(''));
}

function markupOf(piece: Piece): string {
  if (piece === undefined || piece === false) return '';
  if (piece instanceof Html) return piece.markup;
  if (typeof piece === 'number') return String(piece);
  if (typeof piece === 'string') return escape(piece);
  return piece.map(markupOf).join('');
}
