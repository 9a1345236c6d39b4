// SPDX-License-Identifier: Apache-2.0
import type { Span } from './sentences.js';

/** One phrase found in a text. */
export interface Match<T> extends Span {
  readonly value: T;
}

interface Node {
  readonly next: Map<number, number>;
  fail: number;
  /** Phrases that end here, longest first. */
  readonly ends: Phrase[];
}
interface Phrase {
  readonly length: number;
  /** Where a word must begin or end; not asked in scripts that put no space between words. */
  readonly wordStart: boolean;
  readonly wordEnd: boolean;
  readonly index: number;
}

/**
 * Finds all of many phrases in one pass over a text (Aho and Corasick, 1975), however many phrases there are. Phrases are
 * compared in lower case and match whole words; `default*` also matches the beginning of one.
 */
export class Automaton<T> {
  private readonly nodes: Node[] = [{ next: new Map(), fail: 0, ends: [] }];
  private readonly values: T[] = [];

  /** @param phrases in canonical form (see `canonicalText`) */
  constructor(phrases: Iterable<readonly [string, T]>) {
    for (const [phrase, value] of phrases) this.add(phrase, value);
    this.link();
  }

  /** Every occurrence, in the order in which they end. @param lower text in lower case */
  find(lower: string): Match<T>[] {
    const found: Match<T>[] = [];
    let at = 0;
    for (let index = 0; index < lower.length; index++) {
      const unit = lower.charCodeAt(index);
      let next = this.node(at).next.get(unit);
      while (next === undefined && at !== 0) {
        at = this.node(at).fail;
        next = this.node(at).next.get(unit);
      }
      at = next ?? 0;
      const { ends } = this.node(at);
      for (const phrase of ends) {
        const start = index + 1 - phrase.length;
        if (phrase.wordStart && start > 0 && isWord(lower, start - 1)) continue;
        if (phrase.wordEnd && index + 1 < lower.length && isWord(lower, index + 1)) continue;
        found.push({ start, end: index + 1, value: this.values[phrase.index] as T });
      }
    }
    return found;
  }

  private add(phrase: string, value: T): void {
    const prefix = phrase.endsWith('*');
    const lower = (prefix ? phrase.slice(0, -1) : phrase).toLowerCase();
    if (lower === '') return;
    let at = 0;
    for (let index = 0; index < lower.length; index++) {
      const unit = lower.charCodeAt(index);
      let next = this.node(at).next.get(unit);
      if (next === undefined) {
        next = this.nodes.push({ next: new Map(), fail: 0, ends: [] }) - 1;
        this.node(at).next.set(unit, next);
      }
      at = next;
    }
    const index = this.values.push(value) - 1;
    this.node(at).ends.push({ length: lower.length, wordStart: standsAlone(lower.charAt(0), lower.length), wordEnd: !prefix && standsAlone(lower.charAt(lower.length - 1), lower.length), index });
  }

  private link(): void {
    const queue = [...this.node(0).next.values()];
    for (const at of queue) {
      const node = this.node(at);
      for (const [unit, child] of node.next) {
        queue.push(child);
        let fail = node.fail;
        while (fail !== 0 && !this.node(fail).next.has(unit)) fail = this.node(fail).fail;
        const target = this.node(fail).next.get(unit);
        this.node(child).fail = target !== undefined && target !== child ? target : 0;
      }
      node.ends.push(...this.node(node.fail).ends);
    }
  }

  private node(index: number): Node {
    return this.nodes[index] as Node;
  }
}

/** The longest of overlapping matches, from the left; equal ones in the order in which the phrases were given. */
export function longestMatches<T>(matches: readonly Match<T>[]): Match<T>[] {
  const sorted = matches.toSorted((a, b) => a.start - b.start || b.end - a.end);
  const kept: Match<T>[] = [];
  let end = 0;
  for (const match of sorted) {
    if (match.start < end) continue;
    kept.push(match);
    end = match.end;
  }
  return kept;
}

const wordLike = /[\p{L}\p{N}\p{M}]/u;
// Written without spaces between words: a phrase may stand anywhere.
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
// Particles are attached to words: a phrase of some length may have them at either end, a short one must stand alone.
const attaching = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Hangul}\p{Script=Devanagari}]/u;
const attachingFrom = 4;

/** Whether a phrase that begins (or ends) with this character must begin (or end) a word. */
function standsAlone(character: string, length: number): boolean {
  if (!wordLike.test(character) || unspaced.test(character)) return false;
  return !attaching.test(character) || length < attachingFrom;
}

function isWord(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  if (unit < 0x80) return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39) || (unit >= 0x41 && unit <= 0x5a);
  return wordLike.test(text.charAt(index)) && !unspaced.test(text.charAt(index));
}
