// SPDX-License-Identifier: Apache-2.0
import type { NewsRules, WatchList } from '@nervus/agent-manifest';
import { figuresOf, fingerprintOf, wordsOf } from '../../text/fingerprint.js';
import type { Reading, RulesBrain, Trigger } from '../brain.js';
import { briefOf } from './brief.js';
import { judge } from './judge.js';
import { readItem } from './reading.js';
import { observeItem, type Stories, type StoryVerdict } from './stories.js';
import { Vocabulary } from './vocabulary.js';

const hour = 3_600_000;
const defaultMemory = 72 * hour;
const defaultBriefFrom = 10;
/** What desks put before a story that they file again. */
const deskPrefix = /^(?:update \d+|breaking|alert|rpt|refile|corrected)\s*[-:]+\s*/;

/**
 * The market-news brain, without a model: reads an item against the watch-list and the event rules, finds the story that
 * it belongs to, weighs it and writes a brief that cites each sentence. Deterministic; a text can only ever be read here,
 * there is nothing that it could command.
 */
export function marketNews(rules: NewsRules, watchList: WatchList, mostBytes: number): RulesBrain {
  const vocabulary = new Vocabulary(rules, watchList);
  const memoryMs = rules.memory ?? defaultMemory;
  return {
    kind: rules.kind,
    read(trigger): Reading {
      const item = readItem(vocabulary, trigger.content, mostBytes);
      const judged = judge(item);
      if (!judged) return { conclude: () => ({ nothing: item.sentences.length === 0 ? 'no title or summary to read' : 'nobody on the watch-list is named' }) };
      const told = item.lower.replace(deskPrefix, '');
      const newItem = { id: trigger.eventId, at: publishedAt(trigger), mark: fingerprintOf(wordsOf(told)), figures: figuresOf(told), base: judged.base };
      return {
        memory: { key: judged.entity.id, observe: (state) => observeItem(state as Stories | undefined, newItem, memoryMs) },
        conclude: (verdict) => briefOf(item, judged, verdict as StoryVerdict, trigger.subject, rules.briefFrom ?? defaultBriefFrom),
      };
    },
  };
}

/**
 * When the item was published. The claim counts only near the time at which the broker took the signal, or a stranger
 * could age every story with one item from the future; a recording keeps its own times.
 */
function publishedAt(trigger: Trigger): number {
  const { content } = trigger;
  const claimed = typeof content === 'object' && content !== null && 'published' in content && typeof content.published === 'string' ? Date.parse(content.published) : Number.NaN;
  if (Number.isNaN(claimed) || claimed < 0) return trigger.at;
  return trigger.replay || (claimed <= trigger.at + hour && claimed >= trigger.at - 7 * 24 * hour) ? claimed : trigger.at;
}
