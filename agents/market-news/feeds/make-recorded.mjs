// SPDX-License-Identifier: Apache-2.0
// Writes recorded.ndjson: a feed invented for this project. Institutions are real public bodies, companies and every
// event are fiction. The same seed gives the same bytes: `node agents/market-news/feeds/make-recorded.mjs`.
import { writeFileSync } from 'node:fs';
import { business, noise } from './texts-english.mjs';
import { hostile } from './texts-hostile.mjs';
import { translated } from './texts-translated.mjs';

const marker = 'recorded for Nervus';
const start = Date.parse('2026-09-01T06:00:00Z');
const random = seeded(20260901);

/** Mulberry32: small, and the same everywhere. */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
const between = (low, high) => low + Math.floor(random() * (high - low + 1));
const pick = (list) => list[between(0, list.length - 1)];

/** `{name|name}` picks one of the words, `{n:low-high}` a number, `{f:low-high}` one with a decimal. */
function written(template, chosen) {
  return template.replaceAll(/\{([^{}]+)\}/g, (_, slot) => {
    if (Object.hasOwn(chosen, slot)) return chosen[slot];
    const range = /^([nf]):(\d+)-(\d+)$/.exec(slot);
    if (range) return range[1] === 'n' ? String(between(Number(range[2]), Number(range[3]))) : `${between(Number(range[2]), Number(range[3]) - 1)}.${between(0, 9)}`;
    return pick(slot.split('|'));
  });
}

const stories = [];
/** Each template is used a few times, with another company, figures and choices of words. */
for (const { times, companies, lang = 'en', title, summary } of [...business, ...translated, ...noise]) {
  for (let turn = 0; turn < times; turn++) {
    const chosen = companies ? { company: companies[(turn + stories.length) % companies.length] } : {};
    stories.push({ lang, title: written(title, chosen), summary: written(summary, chosen) });
  }
}
for (const item of hostile) stories.push({ lang: 'en', ...item });

// A shuffled order, so that languages and subjects mix as they do in a real feed.
for (let at = stories.length - 1; at > 0; at--) {
  const other = between(0, at);
  [stories[at], stories[other]] = [stories[other], stories[at]];
}

/** The same story from another desk: a word changed, a lead added, a tail cut. */
const refile = [
  (story) => ({ ...story }),
  (story) => ({ ...story, title: `UPDATE 1-${story.title}` }),
  (story) => ({ ...story, summary: `${story.summary} More follows.` }),
  (story) => ({ ...story, title: story.title.toUpperCase() === story.title ? story.title : `${story.title} (corrected)` }),
  (story) => ({ ...story, summary: story.summary.replace(' on ', ' late on ').replace(' said ', ' stated ') }),
];

const items = [];
let clock = start;
const itemOf = (story, suffix = '') => {
  clock += between(4, 55) * 60_000;
  const number = String(items.length + 1).padStart(4, '0');
  const id = `urn:nervus-recorded:${number}${suffix}`;
  return { id, title: story.title, summary: story.summary, link: `https://news.example/${story.lang}/${number}`, published: new Date(clock).toISOString(), lang: story.lang, labelled: marker };
};
for (const [index, story] of stories.entries()) {
  const item = itemOf(story);
  items.push(item);
  // Every tenth line comes twice under its own id, as feeds do when they are polled again.
  if (index % 10 === 4) items.push({ ...item });
  // Others are filed again by another desk, under another id.
  if (index % 13 === 6 && story.lang === 'en') items.push(itemOf(pick(refile)(story), ':refiled'));
  // A duplicate may also come much later.
  if (index % 60 === 59) items.push({ ...items[index - 40] });
}

const file = new URL('recorded.ndjson', import.meta.url);
writeFileSync(file, `${items.map((item) => JSON.stringify(item)).join('\n')}\n`);
process.stdout.write(`${items.length} items, ${new Set(items.map((item) => item.id)).size} ids\n`);
