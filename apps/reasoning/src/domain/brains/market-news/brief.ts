// SPDX-License-Identifier: Apache-2.0
import { cut } from '../../text/canonical.js';
import type { Conclusion, Result, Statement } from '../brain.js';
import { keySentences } from './extract.js';
import type { Factor, Judged } from './judge.js';
import type { ReadItem } from './reading.js';
import type { StoryVerdict } from './stories.js';

const directions = { '-1': 'negative', '0': 'neutral', '1': 'positive' } as const;

/**
 * Writes the brief from templates: own words around typed facts, and quoted sentences of the item; every sentence names
 * the places that support it.
 */
export function briefOf(item: ReadItem, judged: Judged, verdict: StoryVerdict, subject: string, briefFrom: number): Conclusion {
  const { entity, event, sentence } = judged;
  const place: string = sentence.field;
  const factors = factorsOf(judged, verdict);
  const label = event ? event.rule.type.replaceAll('-', ' ') : 'mention';
  const certainty = event?.negated ? ', denied' : event?.hedged ? ', not confirmed' : '';
  const title = cut(`${entity.name}: ${label}${certainty}`, 300);
  const quotes = keySentences(item.sentences, judged, 3).map((one): Statement => ({ text: `“${cut(one.text, 500)}”`, places: [one.field] }));
  const told: Statement = { text: `${entity.name} (${entity.type}): ${label}${certainty}, ${directions[`${judged.direction}`]} for it.`, places: [place] };
  const standing: Statement = { text: storyText(verdict), places: ['/title'] };
  const severity: Statement = { text: `Severity ${verdict.severity} of 100: ${factors.map((factor) => `${factor.factor} ${factor.value}`).join(' x ')}.`, places: [place] };
  const statements = [told, ...quotes, standing, severity];
  const places = [...new Set([place, ...quotes.flatMap((quote) => quote.places)])];
  const results: Record<string, Result> = {
    title: { value: title, places: [place] },
    text: { value: cut(statements.map((statement) => statement.text).join('\n'), 4000), places },
    severity: { value: verdict.severity, places },
    citations: { value: places, places: [] },
    subject: { value: subject, places: [] },
    entity: { value: entity.id, places: [place] },
    event: { value: event?.rule.type ?? 'mention', places: [place] },
    direction: { value: judged.direction, places: [place] },
    story: { value: verdict.story, places },
  };
  const repeated = verdict.novelty === 'repeat';
  return {
    kind: 'brief',
    subject,
    title,
    severity: verdict.severity,
    statements,
    data: {
      entity: { id: entity.id, name: entity.name, type: entity.type },
      others: judged.others.slice(0, 8).map((one) => one.id),
      event: event?.rule.type ?? 'mention',
      direction: judged.direction,
      hedged: event?.hedged ?? false,
      negated: event?.negated ?? false,
      novelty: verdict.novelty,
      story: verdict.story,
      items: verdict.items,
      factors,
      flags: item.flags,
    },
    results,
    confidence: confidenceOf(judged, item),
    against: againstOf(judged, item, place),
    publish: !repeated && verdict.severity >= briefFrom,
    // A continuation asks again only where it makes the story clearly graver.
    propose: !repeated && (verdict.novelty === 'new' || verdict.severity >= verdict.before + 10),
    summary: `${verdict.novelty} item of story ${verdict.story}: ${entity.id}, ${event?.rule.type ?? 'mention'}, severity ${verdict.severity}`,
  };
}

const factorsOf = (judged: Judged, verdict: StoryVerdict): Factor[] => [
  ...judged.factors,
  { factor: 'novelty', value: verdict.noveltyFactor, because: { new: 'it was not told before', 'follow-up': 'it continues a story that is known', repeat: 'it was told before' }[verdict.novelty] },
  { factor: 'burst', value: verdict.burstFactor, because: `${verdict.countThisHour} items name the entity in this hour, usual are ${verdict.usualPerHour}` },
];

function storyText(verdict: StoryVerdict): string {
  if (verdict.novelty === 'new') return 'It was not reported before within the memory of this agent.';
  return verdict.novelty === 'repeat' ? `It repeats a story of ${verdict.items} items.` : `It continues a story of ${verdict.items} items.`;
}

/** Certain where the sentence itself names the entity and the event, less with each doubt. */
function confidenceOf(judged: Judged, item: ReadItem): number {
  let confidence = 0.9;
  if (!judged.event) confidence -= 0.3;
  else if (!judged.sentence.entities.includes(judged.entity)) confidence -= 0.25;
  if (judged.event?.hedged) confidence -= 0.2;
  if (item.flags.length > 0) confidence -= 0.2;
  return Math.round(Math.max(0.1, confidence) * 100) / 100;
}

function againstOf(judged: Judged, item: ReadItem, place: string): Statement[] {
  const against: Statement[] = item.flags.map((flag) => ({ text: `The item holds ${flag}.`, places: ['/title', '/summary'] }));
  if (judged.event?.hedged) against.push({ text: 'The event is told as a possibility.', places: [place] });
  if (judged.event?.negated) against.push({ text: 'The event is denied.', places: [place] });
  if (judged.event && !judged.sentence.entities.includes(judged.entity)) against.push({ text: 'The sentence that tells the event does not name the entity.', places: [place] });
  return against;
}
