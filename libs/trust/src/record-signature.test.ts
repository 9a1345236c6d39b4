// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashLeaf } from '@nervus/transparency-log';
import { draft, epoch, headerText, signed, withHeader } from '../test/world.js';
import { vectorKey, vectors } from '../test/vectors.js';
import { base64url } from './base64url.js';
import { canonicalize } from './canonical-json.js';
import { VerificationError } from './errors.js';
import { batchLeaf, type ReadRecord, type RecordBytes, signatureInput, signedParts } from './record-input.js';
import { readClaim, signatureTexts, signBatch, VerifiedRoots } from './record-signature.js';
import { formatSequence, parseSequence } from './sequence.js';
import { formatSignaturePath, maxBatchSize, parseSignaturePath } from './signature-path.js';

interface VectorRecord {
  topic: string;
  key: string | null;
  value: string | null;
  headers: Record<string, string>;
  signatureInput: string;
  batchLeaf: string;
  signature: string;
  signaturePath: string;
}
const { batches } = vectors<{ batches: { name: string; kid: string; records: VectorRecord[] }[] }>('record-signature');

const bytesOf = ({ topic, key, value, headers, signature, signaturePath }: VectorRecord): RecordBytes => ({
  topic,
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: Object.fromEntries(Object.entries({ ...headers, 'nervus-signature': signature, 'nervus-signature-path': signaturePath }).map(([name, text]) => [name, Buffer.from(text)])),
});

const key = vectorKey('approval');

/** Undefined when the record is proved by the key, else why not. */
const faultOf = (record: RecordBytes, roots = new VerifiedRoots()): string | undefined => {
  try {
    const claim = readClaim(signedParts(record), signatureTexts(record), roots);
    return claim.kid !== key.kid ? 'other_kid' : claim.isProvedBy(key.publicKey) ? undefined : 'signature_invalid';
  } catch (error) {
    if (error instanceof VerificationError) return error.code;
    throw error;
  }
};

describe('vectors of record signatures', () => {
  it.each(batches)('$name', ({ kid, records }) => {
    expect(kid).toBe(key.kid);
    for (const vector of records) {
      const parts = signedParts(bytesOf(vector));
      expect(signatureInput(parts).toString('hex')).toBe(vector.signatureInput);
      expect(Buffer.from(batchLeaf(parts)).toString('hex')).toBe(vector.batchLeaf);
      expect(faultOf(bytesOf(vector))).toBeUndefined();
    }
  });

  it('come out again but for the signature itself, which ECDSA makes anew each time', () => {
    for (const { records } of batches) {
      const again = signBatch(records.map((vector) => ({ ...bytesOf(vector) })), key);
      expect(again.map((headers) => headers['nervus-signature-path'].toString())).toEqual(records.map((vector) => vector.signaturePath));
      expect(again[0]?.['nervus-signature'].toString().split('.')[0]).toBe(records[0]?.signature.split('.')[0]);
    }
  });
});

describe('signing a batch', () => {
  it('makes every record of it provable alone, in batches of every shape', () => {
    for (const size of [1, 2, 3, 4, 5, 7, 8, 9, 31, 33]) {
      const records = signed(Array.from({ length: size }, (_, n) => draft({ n })), key);
      expect(records.map((record) => faultOf(record))).toEqual(records.map(() => undefined));
      expect(new Set(records.map((record) => headerText(record, 'nervus-signature'))).size).toBe(1);
    }
  });

  it('signs nothing when there is nothing', () => {
    expect(signBatch([], key)).toEqual([]);
  });

  it('refuses more records than a path may hold', () => {
    expect(() => signBatch(Array.from({ length: maxBatchSize + 1 }, () => draft()), key)).toThrow(RangeError);
  });

  it.each<[string, RecordBytes]>([
    ['without a number', { ...draft(), headers: { ce_id: Buffer.from('a') } }],
    ['with a number of another form', withHeader(draft(), 'nervus-sequence', `${epoch}.01`)],
    ['with a signed header twice', withHeader(draft(), 'ce_id', [Buffer.from('a'), Buffer.from('a')])],
    ['with a number twice', withHeader(draft(), 'nervus-sequence', [Buffer.from(`${epoch}.0`), Buffer.from(`${epoch}.1`)])],
    ['with a signed header of no value', withHeader(draft(), 'ce_id', [])],
    ['with an attribute in upper case', withHeader(draft(), 'ce_Id', 'a')],
    ['with a signed header that is no UTF-8', { ...draft(), headers: { ...draft().headers, ce_id: Buffer.from([0xff]) } }],
    ['with a key that is no UTF-8', { ...draft(), key: Buffer.from([0xc0, 0x80]) }],
  ])('refuses a record %s, which no verifier would take', (_, record) => {
    expect(() => signBatch([record], key)).toThrow(VerificationError);
  });
});

const batch = signed(Array.from({ length: 7 }, (_, n) => draft({ n, headers: { ce_tier: '1' } })), key);
const [first, second] = batch as [ReadRecord, ReadRecord];
const path = parseSignaturePath(headerText(first, 'nervus-signature-path'));
const withPath = (change: Partial<typeof path>): RecordBytes => withHeader(first, 'nervus-signature-path', formatSignaturePath({ ...path, ...change }));
const flipped = (bytes: Buffer, bit: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
};

describe('what a record signature covers', () => {
  it.each<[string, RecordBytes]>([
    ['the topic', { ...first, topic: 'nervus.approval.stops.v1' }],
    ['a prefix of the topic', { ...first, topic: `acme.${first.topic}` }],
    ['the key', { ...first, key: Buffer.from('other/run') }],
    ['the absence of a key', { ...first, key: null }],
    ['an empty key', { ...first, key: Buffer.alloc(0) }],
    ['the value', { ...first, value: Buffer.from('{"a":2}') }],
    ['white space in the value', { ...first, value: Buffer.from('{"a": 1}') }],
    ['the presence of a value', { ...first, value: null }],
    ['an empty value', { ...first, value: Buffer.alloc(0) }],
    ['the value of a header', withHeader(first, 'ce_tier', '0')],
    ['an empty value of a header', withHeader(first, 'ce_tier', '')],
    ['an added header', withHeader(first, 'ce_result', 'succeeded')],
    ['a removed header', { ...first, headers: Object.fromEntries(Object.entries(first.headers).filter(([name]) => name !== 'ce_tier')) }],
    ['the name of a header', withHeader({ ...first, headers: Object.fromEntries(Object.entries(first.headers).filter(([name]) => name !== 'ce_tier')) }, 'ce_tiers', '1')],
    ['which header has which value', withHeader(withHeader(first, 'ce_id', headerText(first, 'ce_type')), 'ce_type', headerText(first, 'ce_id'))],
    ['the content type', withHeader(first, 'content-type', 'text/plain')],
    ['the number', withHeader(first, 'nervus-sequence', `${epoch}.1`)],
    ['the epoch', withHeader(first, 'nervus-sequence', '0193f3a0-0000-7000-8000-000000000001.0')],
    ['a signature of another batch', withHeader(first, 'nervus-signature', headerText(signed([draft()], key)[0] ?? first, 'nervus-signature'))],
    ['another key under the same kid', withHeader(first, 'nervus-signature', headerText(signed(batch, { kid: key.kid, publicJwk: key.publicJwk, sign: (data) => vectorKey('action').sign(data) })[0] ?? first, 'nervus-signature'))],
    ['the path of another record', withHeader(first, 'nervus-signature-path', headerText(second, 'nervus-signature-path'))],
    ['the index', withPath({ index: 1 })],
    ['a smaller size', withPath({ size: 6 })],
    ['a larger size', withPath({ size: 8 })],
    ['a hash of the path', withPath({ hashes: path.hashes.map((hash, i) => (i === 1 ? flipped(Buffer.from(hash), 3) : hash)) })],
    ['the order of the path', withPath({ hashes: path.hashes.toReversed() })],
    ['a shorter path', withPath({ hashes: path.hashes.slice(1) })],
    ['a longer path', withPath({ hashes: [...path.hashes, Buffer.alloc(32)] })],
  ])('%s', (_, record) => {
    expect(faultOf(record)).toBeDefined();
    // Also when the batch was believed before.
    const roots = new VerifiedRoots();
    expect(faultOf(first, roots)).toBeUndefined();
    expect(faultOf(record, roots)).toBeDefined();
  });

  it.each<[string, RecordBytes]>([
    ['transport context', withHeader(first, 'traceparent', 'other')],
    ['what a copy adds', withHeader(first, 'nervus-dead', '{}')],
    ['the order in which headers stand', { ...first, headers: Object.fromEntries(Object.entries(first.headers).toReversed()) }],
    ['one value in a list', withHeader(first, 'ce_id', [Buffer.from('id')])],
  ])('and not %s', (_, record) => {
    expect(faultOf(record)).toBeUndefined();
  });

  it('the size, also where trees of two sizes lead to one root by one path', () => {
    const [leaf] = signed([draft({ n: 0 }), draft({ n: 1 }), draft({ n: 2 })], key) as [ReadRecord, ReadRecord, ReadRecord];
    const honest = parseSignaturePath(headerText(leaf, 'nervus-signature-path'));
    expect(faultOf(withHeader(leaf, 'nervus-signature-path', formatSignaturePath({ ...honest, size: 4 })))).toBe('malformed');
  });

  it('the headers of the record in hand, whatever names the ones before it had', () => {
    const headers = ['ce_a', 'ce_b', 'ce_a\u0000ce_b', 'x', 'x\u0000ce_a'];
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(fc.constantFrom(...headers), { maxLength: 5 }), { minLength: 2, maxLength: 40 }), (records) => {
        for (const names of records) {
          const record = { ...draft(), headers: Object.fromEntries(['nervus-sequence', ...names].map((name) => [name, Buffer.from(name === 'nervus-sequence' ? `${epoch}.0` : name)])) };
          const signedNames = names.filter((name) => name.startsWith('ce_'));
          if (signedNames.some((name) => name.includes('\u0000'))) expect(() => signedParts(record)).toThrow(VerificationError);
          else expect(signedParts(record).headers.map(([name, value]) => [name, String(value)])).toEqual(signedNames.toSorted().map((name) => [name, name]));
        }
      }),
    );
  });

  it('a record larger than most, in the same way', () => {
    const [large] = signed([draft({ headers: { ce_subject: 'x'.repeat(40_000) } }), draft({ n: 1 })], key) as [ReadRecord, ReadRecord];
    expect(faultOf(large)).toBeUndefined();
    expect(faultOf(withHeader(large, 'ce_subject', 'x'.repeat(39_999)))).toBeDefined();
    expect(Buffer.from(batchLeaf(signedParts(large))).equals(hashLeaf(signatureInput(signedParts(large))))).toBe(true);
  });

  it('every bit of signature, path and value', () => {
    fc.assert(
      fc.property(fc.constantFrom('nervus-signature', 'nervus-signature-path', 'ce_tier', 'nervus-sequence', 'value', 'key'), fc.nat(), (place, seed) => {
        const bytes = place === 'value' ? first.value : place === 'key' ? first.key : (first.headers[place] as Buffer);
        if (!bytes) throw new Error(place);
        const changed = flipped(bytes, seed % (bytes.length * 8));
        const record = place === 'value' ? { ...first, value: changed } : place === 'key' ? { ...first, key: changed } : { ...first, headers: { ...first.headers, [place]: changed } };
        expect(faultOf(record)).toBeDefined();
      }),
      { numRuns: 400 },
    );
  });

  it('refuses the second signature that everybody can make of one (upper half of s)', () => {
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const [head, , text = ''] = headerText(first, 'nervus-signature').split('.');
    const raw = Buffer.from(text, 'base64url');
    const s = (order - BigInt(`0x${raw.toString('hex', 32)}`)).toString(16).padStart(64, '0');
    expect(faultOf(withHeader(first, 'nervus-signature', `${head}..${base64url(Buffer.concat([raw.subarray(0, 32), Buffer.from(s, 'hex')]))}`))).toBe('malformed');
  });

  it('cannot be cut differently: no two records share an input', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\u0000', 'ÿ'), maxLength: 4 });
    const record = fc.record({ key: fc.option(text), value: fc.option(text), headers: fc.dictionary(fc.constantFrom('ce_a', 'ce_b', 'ce_ab'), text) });
    fc.assert(
      fc.property(record, record, (a, b) => {
        const input = (one: typeof a): string => signatureInput(signedParts(draft({ key: one.key, value: one.value, headers: one.headers }))).toString('hex');
        const same = a.key === b.key && a.value === b.value && canonicalize(a.headers) === canonicalize(b.headers);
        expect(input(a) === input(b)).toBe(same);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('signatures that were verified before', () => {
  it('spare the verification for the rest of the batch, and never for another key', () => {
    const roots = new VerifiedRoots();
    for (const record of batch) expect(faultOf(record, roots)).toBeUndefined();
    expect(roots.size).toBe(1);
    expect(readClaim(signedParts(first), signatureTexts(first), roots).isProvedBy(vectorKey('action').publicKey)).toBe(false);
  });

  it('remember no refusal', () => {
    const roots = new VerifiedRoots();
    expect(readClaim(signedParts(first), signatureTexts(first), roots).isProvedBy(vectorKey('action').publicKey)).toBe(false);
    expect(roots.size).toBe(0);
    expect(faultOf(first, roots)).toBeUndefined();
  });

  it('are bounded: the one not used for longest goes first', () => {
    const added: string[] = [];
    class CountingRoots extends VerifiedRoots {
      override add(...[cacheKey, verified]: Parameters<VerifiedRoots['add']>): void {
        added.push(cacheKey);
        super.add(cacheKey, verified);
      }
    }
    const roots = new CountingRoots(2);
    const [a, b, c] = [0, 1, 2].map((n) => signed([draft({ n })], key)[0]) as [ReadRecord, ReadRecord, ReadRecord];
    for (const record of [a, b, a, c, a, b]) expect(faultOf(record, roots)).toBeUndefined();
    // a stayed throughout; b made room for c and had to be verified again.
    expect(added.map((cacheKey) => added.indexOf(cacheKey))).toEqual([0, 1, 2, 1]);
    expect(roots.size).toBe(2);
  });
});

describe('record numbers', () => {
  it.each([`${epoch}.0`, `${epoch}.9007199254740991`])('reads %s', (text) => {
    const sequence = parseSequence(text);
    expect(sequence && formatSequence(sequence)).toBe(text);
  });

  it.each(['', epoch, `${epoch}.`, `${epoch}.01`, `${epoch}.-1`, `${epoch}.1.0`, `${epoch}.9007199254740992`, `${epoch.toUpperCase()}.1`, `${epoch.replace('-7', '-4')}.1`, ` ${epoch}.1`, `${epoch}.1\n`, `${epoch}.1e3`])('refuses %j', (text) => {
    expect(parseSequence(text)).toBeUndefined();
  });

  it('refuses to write what it would not read', () => {
    expect(() => formatSequence({ epoch, n: -1 })).toThrow(RangeError);
    expect(() => formatSequence({ epoch: 'x', n: 1 })).toThrow(RangeError);
    expect(() => formatSequence({ epoch, n: 1.5 })).toThrow(RangeError);
  });
});

describe('signature path', () => {
  it.each([
    ['nothing', ''],
    ['seven bytes', base64url(Buffer.alloc(7))],
    ['half a hash', base64url(Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, 2]), Buffer.alloc(16)]))],
    ['a tree of size 0', base64url(Buffer.alloc(8))],
    ['an index outside', formatSignaturePath({ index: 2, size: 2, hashes: [] })],
    ['a batch too large', formatSignaturePath({ index: 0, size: maxBatchSize + 1, hashes: [] })],
    ['a path too long', formatSignaturePath({ index: 0, size: 2, hashes: Array.from({ length: 40 }, () => Buffer.alloc(32)) })],
    ['padding', `${formatSignaturePath({ index: 0, size: 1, hashes: [] })}=`],
  ])('refuses %s', (_, text) => {
    expect(() => parseSignaturePath(text)).toThrow(VerificationError);
  });

  it('holds the path of the largest batch', () => {
    const full = { index: maxBatchSize - 1, size: maxBatchSize, hashes: Array.from({ length: 13 }, (_, i) => Buffer.alloc(32, i)) };
    const text = formatSignaturePath(full);
    expect(text.length).toBeLessThan(600);
    expect(parseSignaturePath(text)).toEqual(full);
  });
});
