// SPDX-License-Identifier: Apache-2.0

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', hellip: '…', ndash: '–', mdash: '—', euro: '€', pound: '£' };
/** Elements whose content is never text for people. */
const dropped = new Set(['script', 'style', 'template', 'iframe', 'noscript']);
const activeElement = /^\/?(?:script|iframe|object|embed|form|svg|base|meta|link)\b/i;
const activeAttribute = /\son[a-z]+\s*=|(?:java|vb)script:/i;

/**
 * Text without markup: elements, comments and the content of scripts are left out, character references are decoded
 * once, and what then looks like markup again (escaped HTML, as feeds carry it) is taken out too. Linear in its input.
 * It makes nothing safe to show as HTML: results are shown as plain text.
 */
export function stripMarkup(text: string): { readonly text: string; readonly active: boolean } {
  if (!text.includes('<') && !text.includes('&')) return { text, active: false };
  const first = withoutElements(text);
  const decoded = decodeReferences(first.text);
  if (decoded === first.text) return first;
  const second = withoutElements(decoded);
  return { text: second.text, active: first.active || second.active };
}

function withoutElements(text: string): { text: string; active: boolean } {
  let kept = '';
  let active = false;
  let at = 0;
  for (;;) {
    const open = text.indexOf('<', at);
    if (open < 0) return { text: kept + text.slice(at), active };
    kept += text.slice(at, open);
    const next = text.charAt(open + 1);
    if (!/[A-Za-z/!?]/.test(next)) {
      kept += '<';
      at = open + 1;
      continue;
    }
    const end = endOfMarkup(text, open);
    const markup = text.slice(open + 1, end);
    active ||= activeElement.test(markup) || activeAttribute.test(markup.slice(0, 4096));
    // What follows an element that never closes was not meant to be seen.
    if (end < 0) return { text: kept, active };
    kept += ' ';
    at = end;
  }
}

/** Index after a tag, comment or dropped element; -1 when it never closes. */
function endOfMarkup(text: string, open: number): number {
  if (text.startsWith('<!--', open)) return after(text, '-->', open + 4);
  const end = after(text, '>', open + 1);
  if (end < 0) return -1;
  const name = /^<([A-Za-z]+)/.exec(text.slice(open, open + 12))?.[1]?.toLowerCase();
  if (name === undefined || !dropped.has(name) || text.charAt(end - 2) === '/') return end;
  const close = text.slice(end).search(new RegExp(`</${name}`, 'i'));
  return close < 0 ? -1 : after(text, '>', end + close);
}

function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? -1 : found + mark.length;
}

const decodeReferences = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-z]{2,6}));/g, (whole, decimal: string | undefined, hex: string | undefined, name: string | undefined) => {
    if (name !== undefined) return entities[name] ?? whole;
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex ?? '', 16);
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : ' ';
  });
