// SPDX-License-Identifier: Apache-2.0
import { inertLine, inertText, type Segment } from '../../domain/inert-text.js';
import { type Html, html } from './html.js';

/** Bytes, or lines, from which a text scrolls in a box of its own. */
const longBytes = 1500;
const longLines = 16;

/** Text of agents and of the outside: plain, bounded, nothing in it hidden; the rest on demand. */
export function inert(text: string): Html {
  const { segments, rest, bytes } = inertText(text);
  const more = rest.length > 0 && html`<details class="rest"><summary>The rest of ${bytes} bytes</summary><bdi class="inert long" tabindex="0">${pieces(rest)}</bdi></details>`;
  // A box that scrolls must be reachable by keyboard.
  return bytes > longBytes || text.split('\n', longLines).length === longLines ? html`<bdi class="inert long" tabindex="0">${pieces(segments)}</bdi>${more}` : html`<bdi class="inert">${pieces(segments)}</bdi>`;
}

function pieces(segments: readonly Segment[]): Html[] {
  return segments.map(({ kind, text }) => {
    if (kind === 'ghost') return html`<span class="ghost" title="an invisible or reordering character">${text}</span>`;
    return kind === 'mixed' ? html`<span class="mixed" title="letters of several scripts in one word">${text}</span>` : html`${text}`;
  });
}

/** An instant that the page's script turns into time left or time ago; without it the instant itself stands there. */
export function instant(iso: string, shown: 'left' | 'ago' | 'at' = 'at'): Html {
  return html`<time datetime="${iso}" data-show="${shown}">${iso.replace('T', ' ').replace(/\.\d{3}Z$/, ' UTC')}</time>`;
}

/** A word with a shape of its own, so that nothing is said by colour alone. */
export const badge = (kind: string, text: string): Html => html`<span class="badge ${kind}">${text}</span>`;

/**
 * Where a statement comes from: the event and the place in it.
 * @param shown ids of events that the page itself shows as sources
 */
export function citations(src: readonly string[], shown: ReadonlySet<string> = new Set()): Html {
  if (src.length === 0) return html` <span class="cites none">no source named</span>`;
  const cite = (pointer: string): Html => {
    const event = pointer.split('#')[0] ?? '';
    const text = shortPointer(pointer);
    return html`<cite title="${inertLine(pointer)}">${shown.has(event) ? html`<a href="#source-${event}">${text}</a>` : text}</cite> `;
  };
  return html` <span class="cites">${src.map(cite)}</span>`;
}

/** `2f1b8a3e… /content/title`. */
export function shortPointer(pointer: string): string {
  const [event = '', place = ''] = inertLine(pointer).split('#');
  return `${event.slice(0, 8)}… ${place}`.trim();
}
