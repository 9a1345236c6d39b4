// SPDX-License-Identifier: Apache-2.0
import type { NewsRules, WatchedEntity, WatchList } from '@nervus/agent-manifest';
import { Automaton, longestMatches, type Match } from '../../text/automaton.js';
import { canonicalText } from '../../text/canonical.js';
import { hedges, judgements, movements, negations, quantities, trailingNegations } from './lexicon.js';

export type EventRule = NewsRules['events'][number];

/** What a phrase in a text means to the news brain. */
export type Sign =
  | { readonly kind: 'entity'; readonly entity: WatchedEntity; readonly name: string; readonly ticker: boolean }
  | { readonly kind: 'event'; readonly event: EventRule; readonly order: number }
  | { readonly kind: 'unless'; readonly order: number }
  | { readonly kind: 'quantity' | 'movement' | 'judgement'; readonly sign: 1 | -1 }
  | { readonly kind: 'negation' | 'trailing-negation' | 'hedge' };

type DirectionSign = Extract<Sign, { kind: 'quantity' | 'movement' | 'judgement' }>;

/** Signs of one text by kind, each list in order and without overlaps inside its kind. */
export interface Signs {
  readonly entities: readonly Match<Extract<Sign, { kind: 'entity' }>>[];
  readonly events: readonly Match<Extract<Sign, { kind: 'event' }>>[];
  readonly directions: readonly Match<DirectionSign>[];
  readonly negations: readonly Match<Sign>[];
  readonly trailing: readonly Match<Sign>[];
  readonly hedges: readonly Match<Sign>[];
}

/** Everything the brain knows by sight, in one automaton: a text is read once whatever the size of the watch-list. */
export class Vocabulary {
  private readonly automaton: Automaton<Sign>;

  constructor(rules: NewsRules, watchList: WatchList) {
    this.automaton = new Automaton<Sign>(phrasesOf(rules, watchList));
  }

  /** @param text canonical @param lower the same in lower case, of the same length */
  read(text: string, lower: string): Signs {
    const groups = new Map<string, Match<Sign>[]>();
    for (const match of this.automaton.find(lower)) {
      const { kind } = match.value;
      if (kind === 'entity' && !isName(text, match, match.value)) continue;
      const group = kind === 'quantity' || kind === 'movement' || kind === 'judgement' ? 'direction' : kind === 'unless' ? 'event' : kind;
      const matches = groups.get(group);
      if (matches) matches.push(match);
      else groups.set(group, [match]);
    }
    const of = <S extends Sign>(group: string, keep: (sign: Sign) => sign is S): Match<S>[] => longestMatches(groups.get(group) ?? []).filter((match): match is Match<S> => keep(match.value));
    const any = (sign: Sign): sign is Sign => sign !== undefined;
    return {
      entities: of('entity', (sign) => sign.kind === 'entity'),
      // A phrase of `unless` is the longer match where it holds a cue, and takes its place.
      events: of('event', (sign) => sign.kind === 'event'),
      directions: of('direction', (sign): sign is DirectionSign => sign.kind === 'quantity' || sign.kind === 'movement' || sign.kind === 'judgement'),
      negations: of('negation', any),
      trailing: of('trailing-negation', any),
      hedges: of('hedge', any),
    };
  }
}

function* phrasesOf(rules: NewsRules, watchList: WatchList): Iterable<readonly [string, Sign]> {
  const form = (phrase: string): string => canonicalText(phrase).text;
  for (const entity of watchList.entities) {
    for (const name of [entity.name, ...(entity.aliases ?? [])]) yield [form(name), { kind: 'entity', entity, name: form(name), ticker: false }];
    for (const ticker of entity.tickers ?? []) yield [ticker, { kind: 'entity', entity, name: ticker, ticker: true }];
  }
  for (const [order, event] of rules.events.entries()) {
    for (const cue of event.cues) yield [form(cue), { kind: 'event', event, order }];
    for (const phrase of event.unless ?? []) yield [form(phrase), { kind: 'unless', order }];
  }
  for (const [word, sign] of Object.entries(quantities)) yield [word, { kind: 'quantity', sign }];
  for (const [word, sign] of Object.entries(movements)) yield [word, { kind: 'movement', sign }];
  for (const [word, sign] of Object.entries(judgements)) yield [word, { kind: 'judgement', sign }];
  for (const word of negations) yield [word, { kind: 'negation' }];
  for (const word of trailingNegations) yield [word, { kind: 'trailing-negation' }];
  for (const word of hedges) yield [word, { kind: 'hedge' }];
}

const short = 8;

/**
 * Short names that hold a capital count only as they are written, or wholly in capitals: "the Fed" is not "the fed up
 * farmer". Tickers count in capitals, and those of three letters or fewer only as `$ABC`, `(ABC)` or `(NYSE: ABC)`.
 */
function isName(text: string, { start, end }: Match<Sign>, { name, ticker }: Extract<Sign, { kind: 'entity' }>): boolean {
  const written = text.slice(start, end);
  if (!ticker) return name.length > short || name === name.toLowerCase() || written === name.toUpperCase() || written.slice(1) === name.slice(1);
  if (written !== name) return false;
  if (name.length > 3 || text.charAt(start - 1) === '$') return true;
  return text.charAt(end) === ')' && /\((?:[A-Z]{2,8}:\s?)?$/.test(text.slice(Math.max(0, start - 12), start));
}
