// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';

export const IngestionConfig = Type.Object({
  sources: Type.String({ minLength: 1, description: 'folder with the manifests of the sources, `*.yaml`' }),
  secrets: Type.String({ default: '', description: 'folder with the secret files that manifests name; empty where no source is signed' }),
  recordings: Type.String({ default: '', description: 'folder below which recorded feeds are; empty means the one that holds the sources folder' }),
  internalFeeds: Type.String({ default: '', pattern: '^([^\\s,:]+:\\d+(,|$))*$', description: '`host:port`, joined by commas, of feeds on the inside network, which otherwise are never fetched' }),
  maxInHandRecords: Type.Integer({ default: 2000, minimum: 2, maximum: 100_000, description: 'events taken in and not acknowledged by Kafka, above which 503 is answered; one source gets half of them at most' }),
  maxInHandBytes: Type.Integer({ default: 67_108_864, minimum: 1_048_576, maximum: 4_294_967_296, description: 'bytes of their bodies, likewise' }),
  bodySeconds: Type.Integer({ default: 10, minimum: 1, maximum: 60, description: 'seconds that a sender may take for a body' }),
  acknowledgeSeconds: Type.Integer({ default: 8, minimum: 1, maximum: 60, description: 'seconds to wait for Kafka before 503 is answered' }),
  dedupeDays: Type.Integer({ default: 7, minimum: 1, maximum: 90, description: 'days for which an event is remembered; longer than any sender goes on retrying' }),
});
export type IngestionConfig = Static<typeof IngestionConfig>;
