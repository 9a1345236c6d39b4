// SPDX-License-Identifier: Apache-2.0
import type { WatchedEntity } from '@nervus/agent-manifest';
import type { ReadItem, ReadSentence, ToldEvent } from './reading.js';

/** One part of the severity, as it is shown. */
export interface Factor {
  readonly factor: 'entity' | 'event' | 'certainty' | 'novelty' | 'burst';
  readonly value: number;
  readonly because: string;
}

/** What an item says, about whom, and how much that matters before it is compared with what was said before. */
export interface Judged {
  readonly entity: WatchedEntity;
  readonly event: ToldEvent | undefined;
  readonly sentence: ReadSentence;
  readonly direction: -1 | 0 | 1;
  /** Entities named besides, heaviest first. */
  readonly others: readonly WatchedEntity[];
  /** 0 to 100. */
  readonly base: number;
  readonly factors: readonly Factor[];
}

/** Weight of an item that names an entity and tells no event of the rules. */
const mention = 0.15;
const certaintyOf = { plain: 1, hedged: 0.6, negated: 0.15 } as const;

/** Undefined where no one on the watch-list is named. */
export function judge(item: ReadItem): Judged | undefined {
  const named = entitiesOf(item.sentences);
  const heaviest = named[0];
  if (!heaviest) return undefined;
  const told = mainEvent(item.sentences);
  const sentence = told?.sentence ?? item.sentences.find((one) => one.entities.includes(heaviest)) ?? item.sentences[0];
  if (!sentence) return undefined;
  const entity = told ? (heaviestOf(told.sentence.entities) ?? heaviest) : heaviest;
  const event = told?.event;
  const certainty = !event ? 'plain' : event.negated ? 'negated' : event.hedged ? 'hedged' : 'plain';
  const weight = event?.rule.weight ?? mention;
  const factors: Factor[] = [
    { factor: 'entity', value: entity.weight, because: `${entity.name} is on the watch-list with this weight` },
    { factor: 'event', value: weight, because: event ? `the rules give this weight to "${event.rule.type}"` : 'it is named, and no event of the rules is told' },
    { factor: 'certainty', value: certaintyOf[certainty], because: { plain: 'it is told as a fact', hedged: 'it is told as a possibility', negated: 'it is denied' }[certainty] },
  ];
  return {
    entity,
    event,
    sentence,
    direction: directionFor(sentence, event),
    others: named.filter((one) => one !== entity),
    base: 100 * entity.weight * weight * certaintyOf[certainty],
    factors,
  };
}

/** What the sentence itself says; else what such an event usually means. A denied event means nothing. */
function directionFor(sentence: ReadSentence, event: ToldEvent | undefined): -1 | 0 | 1 {
  if (event?.negated) return 0;
  if (event && event.rule.direction !== 0) return event.rule.direction;
  return sentence.direction;
}

/** The gravest event, certain before doubtful, then the order of the rules, then that of the text. */
function mainEvent(sentences: readonly ReadSentence[]): { event: ToldEvent; sentence: ReadSentence } | undefined {
  let best: { event: ToldEvent; sentence: ReadSentence; rank: number } | undefined;
  for (const sentence of sentences) {
    for (const event of sentence.events) {
      const certainty = event.negated ? certaintyOf.negated : event.hedged ? certaintyOf.hedged : certaintyOf.plain;
      const rank = event.rule.weight * certainty - event.order * 1e-4;
      if (!best || rank > best.rank) best = { event, sentence, rank };
    }
  }
  return best;
}

/** Entities of the title count first, then by weight. */
function entitiesOf(sentences: readonly ReadSentence[]): WatchedEntity[] {
  const inTitle = new Set(sentences.filter((one) => one.field === '/title').flatMap((one) => one.entities));
  const all = [...new Set(sentences.flatMap((one) => one.entities))];
  return all.sort((a, b) => Number(inTitle.has(b)) - Number(inTitle.has(a)) || b.weight - a.weight || (a.id < b.id ? -1 : 1));
}

const heaviestOf = (entities: readonly WatchedEntity[]): WatchedEntity | undefined => entities.toSorted((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1))[0];
