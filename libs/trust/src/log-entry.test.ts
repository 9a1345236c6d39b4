// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { bundle, draft, headerText, hour, identityEntry, signedOne, start, withHeader, workloadEntry, workloadRecord } from '../test/world.js';
import { vectorKey, vectors } from '../test/vectors.js';
import { base64url } from './base64url.js';
import { VerificationError } from './errors.js';
import { entryBytes, entryOf, leafHashOf, leafOf, type LogEntry, parseEntry, recordOf, verifyEntry } from './log-entry.js';
import { VerifiedRoots } from './record-signature.js';
import { WorkloadDirectory } from './workload-directory.js';
import { WorkloadIntake } from './workload-intake.js';

interface VectorRecord {
  value: string | null;
  entry: string;
  logLeaf: string;
}
const { batches } = vectors<{ batches: { records: VectorRecord[] }[] }>('record-signature');
const key = vectorKey('approval');
const keyOf = (kid: string) => (kid === key.kid ? key.publicKey : undefined);

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    if (error instanceof VerificationError) return error.code;
    throw error;
  }
  return undefined;
};

describe('log entries of the vectors', () => {
  it.each(batches.flatMap(({ records }) => records))('$logLeaf', ({ value, entry, logLeaf }) => {
    const parsed = parseEntry(Buffer.from(entry));
    expect(entryBytes(parsed).toString()).toBe(entry);
    expect(base64url(leafHashOf(parsed))).toBe(logLeaf);
    expect(verifyEntry(parsed, keyOf)).toEqual({ kid: key.kid });
    const record = recordOf(parsed, value === null ? null : Buffer.from(value));
    expect(entryOf(record)).toEqual(parsed);
    expect(leafOf(record)).toBe(logLeaf);
  });
});

const record = signedOne({ headers: { ce_tier: '1' } }, key);
const entry = entryOf(record);

describe('a log entry', () => {
  it('holds what is signed and nothing else of the record', () => {
    expect(Object.keys(entry.headers).toSorted()).toEqual(['ce_id', 'ce_source', 'ce_tier', 'ce_type', 'content-type', 'nervus-sequence']);
    expect(leafOf(withHeader(record, 'traceparent', 'other'))).toBe(leafOf(record));
    expect(leafOf(withHeader(record, 'nervus-origin', '{}'))).toBe(leafOf(record));
  });

  it('tells absent and empty apart', () => {
    const leaves = [null, ''].flatMap((one) => [leafOf(signedOne({ key: one }, key)), leafOf(signedOne({ value: one }, key))]);
    expect(new Set(leaves).size).toBe(4);
    expect(entryOf(signedOne({ key: null, value: null }, key))).toMatchObject({ key: null, valueDigest: null });
  });

  const other = signedOne({ n: 1 }, key);
  const { ce_tier: _, ...untiered } = entry.headers;
  it.each<[string, Partial<LogEntry>]>([
    ['topic', { topic: 'nervus.approval.stops.v1' }],
    ['key', { key: 'default/other' }],
    ['absence of the key', { key: null }],
    ['header', { headers: { ...entry.headers, ce_tier: '0' } }],
    ['added header', { headers: { ...entry.headers, ce_result: 'succeeded' } }],
    ['unsigned header', { headers: { ...entry.headers, traceparent: 'x' } }],
    ['missing header', { headers: untiered }],
    ['number', { headers: { ...entry.headers, 'nervus-sequence': '0193f3a0-0000-7000-8000-000000000000.1' } }],
    ['missing number', { headers: { ce_id: 'x' } }],
    ['value', { valueDigest: base64url(Buffer.alloc(32)) }],
    ['absence of the value', { valueDigest: null }],
    ['signature', { signature: headerText(other, 'nervus-signature') }],
    ['path', { signaturePath: base64url(Buffer.from([0, 0, 0, 0, 0, 0, 0, 2])) }],
  ])('does not verify with another %s', (_, change) => {
    expect(codeOf(() => verifyEntry({ ...entry, ...change }, keyOf))).toBeDefined();
    const roots = new VerifiedRoots();
    expect(codeOf(() => verifyEntry(entry, keyOf, roots))).toBeUndefined();
    expect(codeOf(() => verifyEntry({ ...entry, ...change }, keyOf, roots))).toBeDefined();
  });

  it('says when its key is not in the history', () => {
    expect(codeOf(() => verifyEntry(entry, () => undefined))).toBe('unknown_key');
    expect(codeOf(() => verifyEntry(entry, () => vectorKey('action').publicKey))).toBe('signature_invalid');
  });

  it('of more than 65,535 bytes is refused, of exactly as many is not', () => {
    const sized = (subject: string) => entryOf(signedOne({ headers: { ce_subject: subject } }, key));
    const base = entryBytes(sized('')).length;
    const room = 65_535 - base;
    expect(entryBytes(sized('x'.repeat(room))).length).toBe(65_535);
    expect(codeOf(() => entryBytes(sized('x'.repeat(room + 1))))).toBe('too_large');
    // Escapes count: what is short as a header may be long as JSON.
    expect(codeOf(() => entryBytes(sized('\u0001'.repeat(Math.ceil((room + 1) / 6)))))).toBe('too_large');
  });

  it('is not made of a record whose key or headers are no text, or that nobody signed', () => {
    expect(codeOf(() => entryOf({ ...record, key: Buffer.from([0xff]) }))).toBe('record_malformed');
    expect(codeOf(() => entryOf({ ...record, headers: { ...record.headers, ce_id: Buffer.from([0xff]) } }))).toBe('record_malformed');
    expect(codeOf(() => entryOf(draft()))).toBe('record_malformed');
  });

  const text = entryBytes(entry).toString();
  it.each<[string, string]>([
    ['white space', text.replace(':', ': ')],
    ['another order of members', text.replace(/^\{/, '{"v":1,').replace(',"v":1,', ',')],
    ['a member that stands twice', text.replace(/^\{/, '{"v":1,')],
    ['another version', text.replace('"v":1', '"v":2')],
    ['another member', text.replace('"v":1', '"v":1,"x":1')],
    ['a number in another spelling', text.replace('"v":1', '"v":1.0')],
    ['an escape that is not needed', text.replace('default', '\\u0064efault')],
    ['something behind it', `${text}\n`],
  ])('is not read from bytes with %s', (_, bytes) => {
    expect(bytes).not.toBe(text);
    expect(codeOf(() => parseEntry(Buffer.from(bytes)))).toBe('malformed');
  });

  it('gives the record back only with its own value', () => {
    expect(codeOf(() => recordOf(entry, Buffer.from('{"a":2}')))).toBe('malformed');
    expect(codeOf(() => recordOf(entry, null))).toBe('malformed');
  });

  it('lets a stranger rebuild the key history from the log and check producers with it', () => {
    const identity = vectorKey('identity');
    const records = [workloadRecord(workloadEntry(key, 'approval'), identity), workloadRecord(identityEntry(identity), identity)];
    const logged = records.map((one) => ({ entry: entryBytes(entryOf(one)), value: one.value }));
    const directory = new WorkloadDirectory();
    const intake = new WorkloadIntake({ directory, bundle, topicPrefix: '' });
    for (const { entry, value } of logged) intake.accept({ ...recordOf(parseEntry(entry), value), timestamp: start + 100 });
    const { kid } = verifyEntry(entry, (kid) => directory.find(kid)?.publicKey);
    expect(directory.judge(kid, { producers: ['approval'], appendedAt: start + hour - 1 }).state).toBe('good');
  });
});
