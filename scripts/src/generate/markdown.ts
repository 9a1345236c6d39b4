// SPDX-License-Identifier: Apache-2.0

/** A table; cells are Markdown, and what would end a cell or be taken for HTML is escaped. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

const cell = (text: string): string => escaped(text).replaceAll('|', '\\|').replaceAll('\n', ' ');

/** `<tenant>` outside of code would be taken for HTML and not be shown. */
export const escaped = (text: string): string => text.split('`').map((part, index) => (index % 2 === 0 ? part.replaceAll('<', '&lt;') : part)).join('`');

export const code = (text: string): string => `\`${text}\``;

/** The anchor that a heading gets on the usual Markdown viewers. */
export const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** `30 days`, `10 minutes`; -1 is kept until it is compacted away. */
export function durationText(ms: number): string {
  if (ms < 0) return 'for ever';
  const [unit, name] = ms % day === 0 ? [day, 'day'] : ms % hour === 0 ? [hour, 'hour'] : ms % minute === 0 ? [minute, 'minute'] : [1, 'ms'];
  const count = ms / unit;
  return name === 'ms' ? `${count} ms` : `${count} ${name}${count === 1 ? '' : 's'}`;
}
