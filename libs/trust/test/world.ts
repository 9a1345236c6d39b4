// SPDX-License-Identifier: Apache-2.0
// A small installation: a root, keys of services, signed records, and the table that knows them.
import type { ServiceName, WorkloadChanged } from '@nervus/contracts';
import { canonicalize } from '../src/canonical-json.js';
import type { ReadRecord, RecordBytes } from '../src/record-input.js';
import { signBatch } from '../src/record-signature.js';
import { issueRootProof } from '../src/root-proof.js';
import type { TrustBundle } from '../src/trust-bundle.js';
import { WorkloadDirectory } from '../src/workload-directory.js';
import type { Es256Signer, WorkloadKey } from '../src/workload-key.js';
import { vectorKey } from './vectors.js';

export const start = Date.parse('2026-11-24T10:00:00.000Z');
export const hour = 3_600_000;
export const iso = (time: number): string => new Date(time).toISOString();
export const spiffeIdOf = (service: string): string => `spiffe://nervus.local/service/${service}`;

export const root = vectorKey('root');
export const bundle: TrustBundle = { trustDomain: 'nervus.local', rootKeys: [root.publicJwk], enrolmentKey: vectorKey('decryption').publicJwk, version: 1 };

export type Entry = WorkloadChanged & { service: ServiceName };

export function workloadEntry(key: Es256Signer, service: ServiceName, over: Partial<Entry> = {}): Entry {
  return {
    kid: key.kid, spiffeId: spiffeIdOf(service), service, jwk: key.publicJwk, notBefore: iso(start), notAfter: iso(start + hour),
    attestation: { kind: 'launcher', rule: 'local-launcher', subject: service }, version: 1, ...over,
  };
}

export function identityEntry(key: Es256Signer, over: Partial<Entry> = {}): Entry {
  const entry = workloadEntry(key, 'identity', over);
  return { ...entry, rootProof: over.rootProof ?? issueRootProof(entry, root) };
}

export function directoryOf(workloads: readonly (readonly [key: WorkloadKey, service: ServiceName])[]): WorkloadDirectory {
  const directory = new WorkloadDirectory();
  for (const [key, service] of workloads) directory.put(workloadEntry(key, service), { by: 'test', appendedAt: start });
  return directory;
}

export const epoch = '0193f3a0-0000-7000-8000-000000000000';

interface RecordDraft {
  readonly topic?: string;
  readonly key?: string | null;
  readonly value?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly n?: number;
  readonly timestamp?: number;
}

/** A decision of approval, unless the draft says otherwise. */
export function draft({ topic = 'nervus.approval.decisions.v1', key = 'default/run', value = '{"a":1}', headers, n = 0, timestamp = start + 1000 }: RecordDraft = {}): ReadRecord {
  const all = { 'content-type': 'application/json', ce_id: 'id', ce_source: spiffeIdOf('approval'), ce_type: 'nervus.approval.decision-made.v1', 'nervus-sequence': `${epoch}.${n}`, traceparent: 'unsigned', ...headers };
  return { topic, key: key === null ? null : Buffer.from(key), value: value === null ? null : Buffer.from(value), headers: Object.fromEntries(Object.entries(all).map(([name, text]) => [name, Buffer.from(text)])), timestamp };
}

/** The records with the headers of one signed batch. */
export function signed<R extends RecordBytes>(records: readonly R[], key: Es256Signer): R[] {
  const signatures = signBatch(records, key);
  return records.map((record, i) => ({ ...record, headers: { ...record.headers, ...signatures[i] } }));
}

export function signedOne(one: RecordDraft, key: Es256Signer): ReadRecord {
  const [record] = signed([draft(one)], key);
  if (!record) throw new Error('no record');
  return record;
}

/** A record of the workload table. */
export function workloadRecord(entry: WorkloadChanged, signer: Es256Signer, appendedAt = start + 100): ReadRecord {
  return signedOne({ topic: 'nervus.identity.workloads.v1', key: entry.kid, value: canonicalize(entry), headers: { ce_source: spiffeIdOf('identity') }, timestamp: appendedAt }, signer);
}

export const withHeader = <R extends RecordBytes>(record: R, name: string, value: string | readonly Buffer[]): R => ({ ...record, headers: { ...record.headers, [name]: typeof value === 'string' ? Buffer.from(value) : value } });

export const headerText = (record: RecordBytes, name: string): string => (record.headers[name] as Buffer).toString();
