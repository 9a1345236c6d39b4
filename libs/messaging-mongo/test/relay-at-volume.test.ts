// SPDX-License-Identifier: Apache-2.0
// What a service leaves when it dies under load, on the real broker and the real database.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { kafkaBrokers } from '@nervus/testing';
import { describe, expect, it } from 'vitest';
import { batchesInHand, relayBatch, Relaying } from './relaying.js';
import { freshTopic, leaveBehind, publishedIn, waiting } from './relay-world.js';
import { freshDatabase, uriOf } from './world.js';

const fresh = freshDatabase();
const entries = 10;
/** What two batches of the relay may have in hand, and so what a crash may repeat. */
const inHand = batchesInHand * relayBatch * entries;

const expected = (documents: number): string[] => Array.from({ length: documents }, (_, document) => idsOf(document)).flat();
const idsOf = (document: number): string[] => Array.from({ length: entries }, (_, n) => `d${document}-${n}`);
const firsts = (ids: readonly string[]): string[] => [...new Set(ids)];

/** Relays until nothing is left, and closes. */
async function drained(...relays: readonly Relaying[]): Promise<void> {
  await Promise.all(relays.map(({ relay }) => relay.drain(Date.now())));
  await Promise.all(relays.map((relaying) => relaying.close()));
  expect(relays.flatMap(({ errors }) => errors)).toEqual([]);
}

describe('outboxes by the thousand', () => {
  it('100,000 entries of 10,000 documents are drained by two relays at once: each entry once, in the order of its document', { timeout: 300_000 }, async () => {
    const documents = 10_000;
    const [database, topicPrefix] = [await fresh(), await freshTopic()];
    await leaveBehind(database, documents, entries);
    let counts = [0, 0];
    const relays = counts.map((_, at) => new Relaying({ brokers: kafkaBrokers(), database, topicPrefix, onPublished: (events) => (counts = counts.with(at, counts[at]! + events)) }));
    await drained(...relays);
    expect(await waiting(database)).toBe(0);
    const published = await publishedIn(topicPrefix);
    expect([...published.values()].flat()).toHaveLength(documents * entries);
    for (let document = 0; document < documents; document++) expect(published.get(`d${document}`)).toEqual(idsOf(document));
    expect(counts.every((count) => count > 0), `each of them had some: ${counts.join(', ')}`).toBe(true);
    for (const { mostInFlight } of relays) expect(mostInFlight).toBeLessThanOrEqual(inHand);
  });

  it('a relay that is killed in the middle loses nothing, and what stands twice is what it had in hand', { timeout: 120_000 }, async () => {
    const documents = 2_000;
    const [database, topicPrefix] = [await fresh(), await freshTopic()];
    await leaveBehind(database, documents, entries);
    const child = spawn(process.execPath, [fileURLToPath(new URL('relay-process.ts', import.meta.url)), JSON.stringify({ brokers: kafkaBrokers(), uri: uriOf(database), topicPrefix })], { stdio: ['ignore', 'pipe', 'inherit'] });
    const gone = once(child, 'exit');
    let acknowledged = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged += Number(line);
      if (acknowledged >= (documents * entries) / 4) child.kill('SIGKILL');
    }
    expect(await gone).toEqual([null, 'SIGKILL']);
    const left = await waiting(database);
    expect(left, 'it was killed in the middle').toBeGreaterThan(documents / 4);
    await drained(new Relaying({ brokers: kafkaBrokers(), database, topicPrefix }));
    expect(await waiting(database)).toBe(0);
    const published = await publishedIn(topicPrefix);
    const all = [...published.values()].flat();
    expect(firsts(all).toSorted()).toEqual(expected(documents).toSorted());
    for (let document = 0; document < documents; document++) expect(firsts(published.get(`d${document}`)!)).toEqual(idsOf(document));
    expect(all.length - documents * entries).toBeLessThanOrEqual(inHand);
  });
});
