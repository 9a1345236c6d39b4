// SPDX-License-Identifier: Apache-2.0
import type { Match } from '../../text/automaton.js';
import type { Sign } from './vocabulary.js';

type Direction = Match<Extract<Sign, { kind: 'quantity' | 'movement' | 'judgement' }>>;

/** How far, in characters, a movement may stand from the quantity that moves, and a negation from what it denies. */
const reach = { quantity: 60, negation: 18 } as const;

/**
 * Whether a sentence is good or bad news: the sign of a quantity times that of its movement ("a loss narrowed" is good),
 * else a comparison of two figures, else a judgement; a negation turns it. The first that applies decides.
 * @param lower the sentence in lower case @param offset of the sentence in the text that `signs` count from
 */
export function directionOf(lower: string, offset: number, signs: readonly Direction[], negations: readonly Match<Sign>[]): -1 | 0 | 1 {
  const quantities = signs.filter((match) => match.value.kind === 'quantity');
  const movement = signs.find((match) => match.value.kind === 'movement');
  if (movement) {
    const quantity = nearest(quantities, movement);
    return signed((quantity?.value.sign ?? 1) * movement.value.sign * turnedBy(negations, movement));
  }
  const compared = compare(lower);
  const first = quantities[0];
  if (compared !== 0 && first) return signed(compared * first.value.sign);
  const judgement = signs.find((match) => match.value.kind === 'judgement');
  if (judgement) return signed(judgement.value.sign * turnedBy(negations, judgement));
  // "made a loss": a bad quantity that is simply there.
  return first && first.value.sign < 0 && /\b(?:posted|reported|made|booked|recorded)\b/.test(lower.slice(0, Math.max(0, first.start - offset))) ? -1 : 0;
}

function nearest(quantities: readonly Direction[], movement: Direction): Direction | undefined {
  let best: Direction | undefined;
  let shortest: number = reach.quantity;
  for (const quantity of quantities) {
    // What moves mostly stands before the verb; after it only close by ("rising costs").
    const gap = quantity.end <= movement.start ? movement.start - quantity.end : (quantity.start - movement.end) * 3;
    if (gap < 0 || gap >= shortest) continue;
    best = quantity;
    shortest = gap;
  }
  return best;
}

const turnedBy = (negations: readonly Match<Sign>[], what: Direction): 1 | -1 => (negations.some((match) => match.end <= what.start && what.start - match.end <= reach.negation) ? -1 : 1);

const figure = String.raw`(?:[a-z€$£]{1,4}\s?)?(\d+(?:[.,]\d+)*)`;
const against = new RegExp(String.raw`${figure}[^\d]{0,40}\b(?:compared (?:with|to)|against|versus|vs\.?|from)\b[^\d]{0,30}${figure}`);
const movedTo = new RegExp(String.raw`\bfrom\s${figure}[^\d]{0,25}\bto\s${figure}`);

/** Sign of the newer figure minus the older one: "10 compared with 12", "from 12 to 10". */
function compare(lower: string): number {
  if (!/\d/.test(lower)) return 0;
  const moved = movedTo.exec(lower);
  if (moved) return Math.sign(numberOf(moved[2]) - numberOf(moved[1]));
  const stated = against.exec(lower);
  return stated ? Math.sign(numberOf(stated[1]) - numberOf(stated[2])) : 0;
}

/** "1,234.5" and "1.234,5" alike: the last mark with other than three digits behind it is the decimal one. */
const numberOf = (text = ''): number => {
  const decimal = /[.,](\d{1,2}|\d{4,})$/.exec(text);
  const whole = (decimal ? text.slice(0, decimal.index) : text).replaceAll(/[.,]/g, '');
  return Number(decimal ? `${whole}.${decimal[1]}` : whole);
};

const signed = (value: number): -1 | 0 | 1 => (value > 0 ? 1 : value < 0 ? -1 : 0);
