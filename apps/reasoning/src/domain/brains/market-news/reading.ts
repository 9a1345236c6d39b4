// SPDX-License-Identifier: Apache-2.0
import type { WatchedEntity } from '@nervus/agent-manifest';
import type { Match } from '../../text/automaton.js';
import { canonicalText, lowerSameLength } from '../../text/canonical.js';
import { sentencesOf, type Span } from '../../text/sentences.js';
import { directionOf } from './direction.js';
import type { EventRule, Sign, Signs, Vocabulary } from './vocabulary.js';

/** The fields of an item that are read, as JSON Pointers into the signal's content. */
export const readFields = ['/title', '/summary'] as const;
export type ReadField = (typeof readFields)[number];

/** An event that a sentence tells. */
export interface ToldEvent {
  readonly rule: EventRule;
  readonly order: number;
  readonly negated: boolean;
  readonly hedged: boolean;
}

/** One sentence with what was recognised in it. */
export interface ReadSentence {
  readonly field: ReadField;
  readonly text: string;
  readonly entities: readonly WatchedEntity[];
  readonly events: readonly ToldEvent[];
  /** -1 bad, 0 none, 1 good for whom it speaks of. */
  readonly direction: -1 | 0 | 1;
  readonly hasFigure: boolean;
}

export interface ReadItem {
  readonly sentences: readonly ReadSentence[];
  readonly title: string;
  /** Whole canonical text in lower case. */
  readonly lower: string;
  readonly flags: readonly string[];
}

/** Reads the title and the summary of an item. Total: content of any form gives at worst an empty item. */
export function readItem(vocabulary: Vocabulary, content: unknown, mostBytes: number): ReadItem {
  const flags = new Set<string>();
  const sentences: ReadSentence[] = [];
  const lowers: string[] = [];
  let title = '';
  for (const field of readFields) {
    const raw = textAt(content, field.slice(1)).slice(0, mostBytes);
    const canonical = canonicalText(raw);
    for (const flag of canonical.flags) flags.add(flag);
    if (instructs(canonical.text)) flags.add('text that addresses the reader as a program');
    if (field === '/title') title = canonical.text;
    const lower = lowerSameLength(canonical.text);
    lowers.push(lower);
    const signs = vocabulary.read(canonical.text, lower);
    for (const span of sentencesOf(canonical.text)) sentences.push(readSentence(field, canonical.text, lower, span, signs));
  }
  return { sentences, title, lower: lowers.join(' '), flags: [...flags] };
}

function readSentence(field: ReadField, text: string, lower: string, span: Span, signs: Signs): ReadSentence {
  const inside = <T>(matches: readonly Match<T>[]): Match<T>[] => matches.filter((match) => match.start >= span.start && match.end <= span.end);
  const negations = inside(signs.negations);
  const trailing = inside(signs.trailing);
  const hedged = inside(signs.hedges);
  const events = inside(signs.events).map(({ start, end, value }) => ({
    rule: value.event,
    order: value.order,
    negated: negations.some((match) => match.end <= start && start - match.end <= 25) || trailing.some((match) => match.start >= end && match.start - end <= 40),
    hedged: hedged.some((match) => (match.end <= start && start - match.end <= 60) || (match.start >= end && match.start - end <= 40)),
  }));
  const entities = [...new Set(inside<Extract<Sign, { kind: 'entity' }>>(signs.entities).map((match) => match.value.entity))];
  const sentence = text.slice(span.start, span.end);
  return { field, text: sentence, entities, events, direction: directionOf(lower.slice(span.start, span.end), span.start, inside(signs.directions), negations), hasFigure: /\d/.test(sentence) };
}

function textAt(content: unknown, name: string): string {
  const value = typeof content === 'object' && content !== null && Object.hasOwn(content, name) ? (content as Readonly<Record<string, unknown>>)[name] : undefined;
  return typeof value === 'string' ? value : '';
}

// Only a mark for reviewers. The rules have no way to follow an instruction, and no list of phrases could be complete.
const instruction = /\b(?:ignore|disregard|forget|override)\b[^.!?]{0,40}\b(?:instruction|prompt|rule|polic|previous|above)|\b(?:system|assistant|developer)\s*(?:prompt|message|:)|\byou are (?:now|an? (?:ai|assistant|agent))\b|\b(?:pre-?approved|already approved|no approval (?:is )?(?:needed|required))\b|\b(?:call|use|invoke) the (?:tool|function)\b|<\|im_start\|>|\[INST\]|忽略(?:之前|以上|所有)|前の指示を無視|تجاهل (?:التعليمات|كل)|התעלם מ|игнорируй/i;
const instructs = (text: string): boolean => instruction.test(text);
