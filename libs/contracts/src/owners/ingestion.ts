// SPDX-License-Identifier: Apache-2.0
import { Type } from 'typebox';
import { type DataOf, record, topic } from '../declaration.js';
import { Json, Label, Name, Sha256 } from '../fields.js';
import { exampleDigest, exampleIds } from './examples.js';

export const SignalAccepted = record({
  type: 'nervus.ingestion.signal-accepted.v1',
  description: 'One event of the outside, authenticated, normalised and deduplicated',
  schema: Type.Object({
    kind: Type.String({ maxLength: 100, description: '`feed.item`, `webhook`, `cloudevent`, `schedule.tick`, `replay.item`' }),
    source: Name,
    origin: Type.Object({
      id: Type.String({ maxLength: 1024, description: 'event id as the source gave it' }),
      type: Type.String({ maxLength: 300 }),
      source: Type.String({ maxLength: 1024 }),
      time: Type.Optional(Type.String({ maxLength: 64, description: 'time as the source gave it' })),
    }),
    subject: Type.String({ maxLength: 256 }),
    content: Json,
    labels: Type.Record(Type.String({ maxLength: 256 }), Label, { description: 'by JSON Pointer into content; the longest prefix wins, "" is the whole' }),
    raw: Type.Object({ sha256: Sha256, bytes: Type.Integer({ minimum: 0 }) }),
    replay: Type.Optional(Type.Boolean({ description: 'true when a recorded feed was played again' })),
  }),
  examples: [
    {
      kind: 'feed.item', source: 'central-banks', origin: { id: 'urn:item:1', type: 'rss.item', source: 'https://feeds.example.org/press.xml', time: '2026-11-24T09:00:00Z' }, subject: 'central-banks',
      content: { title: 'Policy rate unchanged', summary: 'The council kept its key rate.', link: 'https://feeds.example.org/1' },
      labels: { '': { src: [`${exampleIds.signal}#/content`], trust: 'untrusted', class: 'public' } }, raw: { sha256: exampleDigest, bytes: 512 },
    },
  ],
});
export type SignalAccepted = DataOf<typeof SignalAccepted>;

export const ingestion = {
  signals: topic({ owner: 'ingestion', stream: 'signals', description: 'Accepted events of the outside', key: '<tenant>/<subject>', records: [SignalAccepted], readers: { reasoning: 'group' } }),
};
