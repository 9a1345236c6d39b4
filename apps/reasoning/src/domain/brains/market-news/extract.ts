// SPDX-License-Identifier: Apache-2.0
import { wordsOf } from '../../text/fingerprint.js';
import type { Judged } from './judge.js';
import type { ReadSentence } from './reading.js';

/**
 * The sentences that say most, in the order of the text: relevance to what was judged less what the chosen ones already
 * say (maximal marginal relevance, Carbonell and Goldstein 1998).
 */
export function keySentences(sentences: readonly ReadSentence[], judged: Judged, most: number): ReadSentence[] {
  const candidates = sentences.slice(0, 40).map((sentence, order) => ({ sentence, order, words: new Set(wordsOf(sentence.text.toLowerCase())), relevance: relevanceOf(sentence, judged) }));
  const chosen: typeof candidates = [];
  while (chosen.length < most) {
    let best: (typeof candidates)[number] | undefined;
    let highest = 0.15;
    for (const candidate of candidates) {
      if (chosen.includes(candidate)) continue;
      const said = Math.max(0, ...chosen.map((one) => overlap(one.words, candidate.words)));
      const value = candidate.relevance - said;
      if (value <= highest) continue;
      best = candidate;
      highest = value;
    }
    if (!best) break;
    chosen.push(best);
  }
  return chosen.sort((a, b) => a.order - b.order).map((one) => one.sentence);
}

function relevanceOf(sentence: ReadSentence, judged: Judged): number {
  let relevance = 0.2;
  if (sentence === judged.sentence) relevance += 1;
  if (sentence.entities.includes(judged.entity)) relevance += 0.4;
  if (sentence.events.some((event) => event.rule === judged.event?.rule)) relevance += 0.4;
  if (sentence.hasFigure) relevance += 0.2;
  return relevance;
}

/** Share of the smaller set that is in the other. */
function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  if (small.size === 0) return 0;
  let common = 0;
  for (const word of small) if (large.has(word)) common++;
  return common / small.size;
}
