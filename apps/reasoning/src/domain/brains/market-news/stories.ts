// SPDX-License-Identifier: Apache-2.0
// Stories of one entity, so that news told again raises no second alert. One small document per agent and entity: items
// that name nobody on the watch-list are not remembered at all.
import { distance, type Fingerprint } from '../../text/fingerprint.js';

/** One story: items that tell the same. */
export interface Story {
  /** Id of its first signal. */
  readonly id: string;
  readonly mark: Fingerprint;
  readonly figures: string;
  /** When its first and its newest item were published, milliseconds. */
  readonly first: number;
  readonly last: number;
  readonly items: number;
  /** Highest severity that it was told with. */
  readonly severity: number;
}

export interface Stories {
  readonly stories: readonly Story[];
  /** Newest time seen; what is older than the memory counts from here. */
  readonly newest: number;
  /** Items of the current hour, and what an hour usually has (exponentially weighted mean). */
  readonly hour: number;
  readonly count: number;
  readonly usual: number;
}

/** What is known of a new item beside what it says. */
export interface NewItem {
  readonly id: string;
  readonly at: number;
  readonly mark: Fingerprint;
  readonly figures: string;
  /** Severity before novelty and burst are counted, 0 to 100. */
  readonly base: number;
}

export interface StoryVerdict {
  readonly novelty: 'new' | 'follow-up' | 'repeat';
  readonly story: string;
  /** Items of the story, this one included. */
  readonly items: number;
  readonly noveltyFactor: number;
  readonly burstFactor: number;
  readonly countThisHour: number;
  readonly usualPerHour: number;
  readonly severity: number;
  /** Severity that the story had before. */
  readonly before: number;
}

const hourMs = 3_600_000;
const most = 96;
/** Bits of 64 in which the fingerprints of the same story, and of its continuation, differ at most. */
const repeatBits = 12;
const followUpBits = 20;
const noveltyFactors = { new: 1, 'follow-up': 0.7, repeat: 0.1 } as const;

const nothing: Stories = { stories: [], newest: 0, hour: 0, count: 0, usual: 0 };

/** Adds an item: finds its story, judges how new it is and whether the entity is talked about more than usual. */
export function observeItem(known: Stories = nothing, item: NewItem, memoryMs: number): { readonly state: Stories; readonly verdict: StoryVerdict } {
  const newest = Math.max(known.newest, item.at);
  const remembered = known.stories.filter((story) => newest - story.last <= memoryMs);
  const { story: match, novelty } = storyOf(remembered, item);
  const rate = countIn(known, item.at);
  const burstFactor = burst(rate.count, rate.usual);
  const noveltyFactor = noveltyFactors[novelty];
  const severity = Math.min(100, Math.round(item.base * noveltyFactor * burstFactor));
  const before = match?.severity ?? 0;
  const told: Story = match
    ? { ...match, mark: item.mark, figures: item.figures, last: Math.max(match.last, item.at), items: match.items + 1, severity: Math.max(before, severity) }
    : { id: item.id, mark: item.mark, figures: item.figures, first: item.at, last: item.at, items: 1, severity };
  const stories = [...remembered.filter((story) => story !== match), told].sort((a, b) => a.last - b.last).slice(-most);
  return {
    state: { stories, newest, ...rate },
    verdict: { novelty, story: told.id, items: told.items, noveltyFactor, burstFactor, countThisHour: rate.count, usualPerHour: round(rate.usual), severity, before },
  };
}

function storyOf(stories: readonly Story[], item: NewItem): { story: Story | undefined; novelty: StoryVerdict['novelty'] } {
  let nearest: Story | undefined;
  let bits = 65;
  for (const story of stories) {
    const apart = distance(story.mark, item.mark);
    if (apart >= bits) continue;
    nearest = story;
    bits = apart;
  }
  if (!nearest || bits > followUpBits) return { story: undefined, novelty: 'new' };
  // Other figures make another fact of the same words.
  return { story: nearest, novelty: bits <= repeatBits && nearest.figures === item.figures ? 'repeat' : 'follow-up' };
}

/** Items of this hour. The mean learns from whole hours only; an item of an earlier hour counts nowhere. */
function countIn(known: Stories, at: number): { hour: number; count: number; usual: number } {
  const hour = Math.floor(at / hourMs);
  if (known.hour === 0) return { hour, count: 1, usual: 0 };
  if (hour < known.hour) return { hour: known.hour, count: known.count, usual: known.usual };
  if (hour === known.hour) return { hour, count: known.count + 1, usual: known.usual };
  const learned = known.usual + 0.2 * (known.count - known.usual);
  return { hour, count: 1, usual: learned * 0.8 ** Math.min(200, hour - known.hour - 1) };
}

/** More items than three standard deviations of a Poisson count above the usual raise severity, by a quarter at most. */
function burst(count: number, usual: number): number {
  const excess = count - (usual + 3 * Math.sqrt(Math.max(usual, 1)));
  return excess <= 0 ? 1 : round(1 + Math.min(0.25, excess * 0.05));
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
