// SPDX-License-Identifier: Apache-2.0
import { Type } from 'typebox';
import { type DataOf, record, topic } from '../declaration.js';
import { Instant, Json, Label, Name, Sha256, TenantId } from '../fields.js';
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

export const SourceChanged = record({
  type: 'nervus.ingestion.source-changed.v1',
  description: 'A source came, changed, was paused, goes on or is gone',
  schema: Type.Object({
    tenant: TenantId,
    name: Name,
    owner: Type.String({ maxLength: 100, description: 'group or person that answers for it' }),
    kind: Type.String({ maxLength: 50 }),
    managedBy: Type.Union([Type.Literal('files'), Type.Literal('commands')], { description: 'whether its manifest stands in a folder of ingestion, or was applied by a command' }),
    state: Type.Union([Type.Literal('standing'), Type.Literal('removed')]),
    paused: Type.Boolean(),
    manifest: Type.Record(Type.String(), Json, { description: 'as checked, defaults filled in; secrets by name, path tokens by hash' }),
    reason: Type.String({ maxLength: 2000 }),
    by: Type.String({ maxLength: 800, description: 'the account that gave the command, or `files`' }),
    at: Instant,
    version: Type.Integer({ minimum: 1, description: 'grows with every change of this source' }),
  }),
  examples: [
    {
      tenant: 'default', name: 'orders', owner: 'group:shop-desk', kind: 'webhook', managedBy: 'commands', state: 'standing', paused: false,
      manifest: { apiVersion: 'nervus.dev/v1', kind: 'Source', metadata: { name: 'orders', owner: 'group:shop-desk' }, spec: { kind: 'webhook', auth: { kind: 'github', secretFiles: ['orders.secret'] }, subject: { constant: 'orders' }, trust: 'untrusted', class: 'internal' } },
      reason: 'The shop goes live.', by: 'launcher/olga', at: '2026-11-24T10:00:00.000Z', version: 1,
    },
  ],
});
export type SourceChanged = DataOf<typeof SourceChanged>;

export const ingestion = {
  signals: topic({ owner: 'ingestion', stream: 'signals', description: 'Accepted events of the outside', key: '<tenant>/<subject>', records: [SignalAccepted], readers: { reasoning: 'group' } }),
  sources: topic({ owner: 'ingestion', stream: 'sources', description: 'Sources as they stand', key: '<tenant>/<source>', cleanup: 'compact', records: [SourceChanged], readers: { ingestion: 'table', console: 'table' } }),
};
