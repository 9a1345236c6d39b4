// SPDX-License-Identifier: Apache-2.0
import { canonicalText, cut } from '../../text/canonical.js';

/** A value of the signal that a model is shown and may cite. */
export interface Place {
  readonly pointer: string;
  readonly text: string;
}

const most = 64;
const mostDepth = 4;

/**
 * The texts and figures of a signal's content with their JSON Pointers, as a model is shown them: canonical, without what
 * does not show, bounded together by `mostBytes`.
 */
export function placesOf(content: unknown, mostBytes: number): Place[] {
  const places: Place[] = [];
  let left = mostBytes;
  const visit = (value: unknown, pointer: string, depth: number): void => {
    if (places.length >= most || left <= 0) return;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      const text = cut(typeof value === 'string' ? canonicalText(value.slice(0, left)).text : String(value), left);
      if (text === '') return;
      places.push({ pointer, text });
      left -= Buffer.byteLength(text);
    } else if (typeof value === 'object' && value !== null && depth < mostDepth) {
      for (const [name, member] of Object.entries(value)) visit(member, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1);
    }
  };
  visit(content, '', 0);
  return places;
}
