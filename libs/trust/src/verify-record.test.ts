// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { vectorKey } from '../test/vectors.js';
import { directoryOf, draft, epoch, headerText, hour, iso, signedOne, spiffeIdOf, start, withHeader } from '../test/world.js';
import { canonicalize } from './canonical-json.js';
import type { ReadRecord } from './record-input.js';
import { formatOrigin } from './record-origin.js';
import { RecordVerifier, type RecordVerifierOptions } from './verify-record.js';
import { type Es256Signer, WorkloadKey } from './workload-key.js';

const approval = vectorKey('approval');
const action = vectorKey('action');
const world = (options: Partial<RecordVerifierOptions> = {}) => {
  const directory = directoryOf([[approval, 'approval'], [action, 'action']]);
  return { directory, verifier: new RecordVerifier({ directory, topicPrefix: '', subscribes: (topic) => topic === 'nervus.approval.decisions.v1', ...options }) };
};
const { verifier } = world();
const decision = signedOne({}, approval);

describe('a record of its declared producer', () => {
  it('is verified, with who signed it, its number and when it was appended', () => {
    expect(verifier.verify(decision)).toMatchObject({
      state: 'verified', service: 'approval', spiffeId: spiffeIdOf('approval'), kid: approval.kid, sequence: { epoch, n: 0 }, appendedAt: start + 1000, declaration: { name: 'nervus.approval.decisions.v1' },
    });
    expect(verifier.verify(decision)).not.toHaveProperty('origin');
  });

  it('is verified under the configured prefix, which is part of what is signed', () => {
    const { verifier: prefixed } = world({ topicPrefix: 'acme.' });
    expect(prefixed.verify(signedOne({ topic: 'acme.nervus.approval.decisions.v1' }, approval))).toMatchObject({ state: 'verified', declaration: { name: 'nervus.approval.decisions.v1' } });
    expect(prefixed.verify({ ...decision, topic: 'acme.nervus.approval.decisions.v1' })).toMatchObject({ state: 'refused', code: 'forged_record' });
    expect(prefixed.verify(decision)).toMatchObject({ state: 'refused', fault: 'undeclared_topic' });
  });

  it('is unknown, not refused, while the table does not have the key', () => {
    const key = WorkloadKey.generate();
    expect(verifier.verify(signedOne({}, key))).toEqual({ state: 'unknown', kid: key.kid });
  });
});

describe('abuse case 7: forged_record', () => {
  const unsigned = (name: string): ReadRecord => ({ ...decision, headers: Object.fromEntries(Object.entries(decision.headers).filter(([header]) => header !== name)) });
  it.each<[string, ReadRecord, string]>([
    ['no signature', unsigned('nervus-signature'), 'record_malformed'],
    ['no path', unsigned('nervus-signature-path'), 'record_malformed'],
    ['no number', unsigned('nervus-sequence'), 'record_malformed'],
    ['two signatures', withHeader(decision, 'nervus-signature', [decision.headers['nervus-signature'] as Buffer, decision.headers['nervus-signature'] as Buffer]), 'record_malformed'],
    ['a signature that is no JWS', withHeader(decision, 'nervus-signature', 'x'), 'malformed'],
    ['a signature of another kind', withHeader(decision, 'nervus-signature', headerText(decision, 'nervus-signature').replace(/^[^.]+/, Buffer.from('{"alg":"none"}').toString('base64url'))), 'header_refused'],
    ['another value', { ...decision, value: Buffer.from('{"a":2}') }, 'signature_invalid'],
    ['a copy under another key', { ...decision, key: Buffer.from('default/other') }, 'signature_invalid'],
    ['a copy in another topic of the same producer', { ...decision, topic: 'nervus.approval.stops.v1' }, 'signature_invalid'],
    ['another tenant under this key', withHeader(decision, 'ce_tenantid', 'other'), 'signature_invalid'],
    ['a producer that is not the declared one', signedOne({ headers: { ce_source: spiffeIdOf('action') } }, action), 'wrong_producer'],
    ['a producer that names another as its source', signedOne({ headers: { ce_source: spiffeIdOf('action') } }, approval), 'wrong_source'],
    ['a topic that nobody declared', signedOne({ topic: 'nervus.approval.secrets.v1' }, approval), 'undeclared_topic'],
  ])('%s', (_, record, fault) => {
    expect(verifier.verify(record)).toMatchObject({ state: 'refused', code: 'forged_record', fault });
  });

  it('never blames the time of a key for what that key did not sign', () => {
    expect(verifier.verify({ ...decision, value: Buffer.from('{"a":2}'), timestamp: start + 2 * hour })).toMatchObject({ code: 'forged_record', fault: 'signature_invalid', kid: approval.kid });
  });
});

describe('abuse case 8: a key is judged at the append time', () => {
  it.each<[string, number, string]>([
    ['a millisecond before it is valid', start - 1, 'key_not_yet_valid'],
    ['when it has just expired', start + hour, 'key_expired'],
  ])('%s', (_, timestamp, code) => {
    expect(verifier.verify({ ...decision, timestamp })).toMatchObject({ state: 'refused', code, fault: code, kid: approval.kid });
  });

  it.each<[string, number]>([
    ['in its first millisecond', start],
    ['in its last millisecond', start + hour - 1],
  ])('and believed %s', (_, timestamp) => {
    expect(verifier.verify({ ...decision, timestamp }).state).toBe('verified');
  });

  it('after its revocation it is refused, before it is believed, also if the batch was verified earlier', () => {
    const { verifier: fresh, directory } = world();
    expect(fresh.verify({ ...decision, timestamp: start + 5000 }).state).toBe('verified');
    directory.revoke({ subject: `workload:${approval.kid}`, at: iso(start + 2000), reason: 'stolen', expiresAt: iso(start + hour), version: 1 });
    expect(fresh.verify({ ...decision, timestamp: start + 2000 })).toMatchObject({ state: 'refused', code: 'key_revoked' });
    expect(fresh.verify({ ...decision, timestamp: start + 1999 }).state).toBe('verified');
  });
});

describe('a copy in a dead-letter topic', () => {
  const origin = { topic: 'nervus.approval.decisions.v1', partition: 1, offset: 17n, appendedAt: start + 1000 };
  const copy = (change: Partial<typeof origin> = {}, topic = 'nervus.action.dlq.v1'): ReadRecord => ({ ...withHeader(decision, 'nervus-origin', formatOrigin({ ...origin, ...change })), topic, timestamp: start + 5 * hour });

  it('is verified under the topic and time of its original, long after the key expired', () => {
    expect(verifier.verify(copy())).toMatchObject({ state: 'verified', service: 'approval', origin, appendedAt: origin.appendedAt, declaration: { name: origin.topic } });
  });

  it.each<[string, ReadRecord, string]>([
    ['names no origin', { ...decision, topic: 'nervus.action.dlq.v1' }, 'record_malformed'],
    ['names an origin that this group does not read', copy({ topic: 'nervus.approval.stops.v1' }), 'origin_refused'],
    ['names another copy as its origin', copy({ topic: 'nervus.action.dlq.v1' }), 'origin_refused'],
    ['names an undeclared origin', copy({ topic: 'nervus.x.y.v1' }), 'undeclared_topic'],
    ['is older than its original', { ...copy(), timestamp: origin.appendedAt - 60_001 }, 'origin_refused'],
    ['names an origin twice', withHeader(copy(), 'nervus-origin', [Buffer.from(formatOrigin(origin)), Buffer.from(formatOrigin(origin))]), 'record_malformed'],
    ['has an origin that is no JSON', withHeader(copy(), 'nervus-origin', 'x'), 'malformed'],
    ['was changed', { ...copy(), value: Buffer.from('{}') }, 'signature_invalid'],
  ])('is refused when it %s', (_, record, fault) => {
    expect(verifier.verify(record)).toMatchObject({ state: 'refused', code: 'forged_record', fault });
  });

  it('is judged at the origin time: an append time after the key ended is refused', () => {
    expect(verifier.verify(copy({ appendedAt: start + 2 * hour }))).toMatchObject({ state: 'refused', code: 'key_expired' });
  });

  it('gains nothing by naming an origin in a topic that holds no copies', () => {
    expect(verifier.verify({ ...copy(), topic: origin.topic, timestamp: start + 1000 })).toMatchObject({ state: 'refused', fault: 'origin_refused' });
  });
});

describe('an enrolment', () => {
  const key = WorkloadKey.generate();
  const value = { kid: key.kid, jwk: key.publicJwk, service: 'action', epoch, evidence: 'eyJhbGciOiJFQ0RILUVTIn0..aXY.Y3Q.dGFn' };
  const enrolment = (over: object = {}, signer: Es256Signer = key, recordKey = key.kid): ReadRecord =>
    signedOne({ topic: 'nervus.identity.enrolments.v1', key: recordKey, value: canonicalize({ ...value, ...over }), headers: { ce_source: spiffeIdOf('action') } }, signer);

  it('proves possession of the key that it shows, and no more', () => {
    const verification = verifier.verify(enrolment());
    expect(verification).toMatchObject({ state: 'self_signed', kid: key.kid, publicJwk: key.publicJwk });
    expect(verification).not.toHaveProperty('service');
  });

  it('may come after any time, since its key has none yet', () => {
    expect(verifier.verify({ ...enrolment(), timestamp: start + 100 * hour }).state).toBe('self_signed');
  });

  it.each<[string, ReadRecord]>([
    ['shows the key of another', enrolment({ jwk: approval.publicJwk })],
    ['names the kid of another', enrolment({ kid: approval.kid })],
    ['stands under another record key', enrolment({}, key, approval.kid)],
    ['is signed by another', enrolment({}, approval)],
    ['is signed by another in its name', enrolment({}, { kid: key.kid, publicJwk: key.publicJwk, sign: (data) => approval.sign(data) })],
    ['has no evidence', enrolment({ evidence: undefined })],
    ['shows a point off the curve', enrolment({ jwk: { ...key.publicJwk, y: key.publicJwk.x } })],
    ['is a tombstone', signedOne({ topic: 'nervus.identity.enrolments.v1', key: key.kid, value: null }, key)],
  ])('is refused when it %s', (_, record) => {
    expect(verifier.verify(record)).toMatchObject({ state: 'refused', code: 'forged_record' });
  });
});

describe('a tombstone', () => {
  it('is verified like any record, and not to be had by taking a value away', () => {
    const tombstone = signedOne({ topic: 'nervus.approval.stops.v1', value: null }, approval);
    expect(verifier.verify(tombstone).state).toBe('verified');
    expect(verifier.verify({ ...tombstone, value: Buffer.alloc(0) }).state).toBe('refused');
    expect(verifier.verify({ ...decision, value: null }).state).toBe('refused');
  });
});

it('never throws, whatever the record holds', () => {
  const odd: ReadRecord[] = [
    { ...draft(), headers: {} },
    { ...draft(), topic: '' },
    { ...draft(), headers: { ...draft().headers, 'nervus-signature': Buffer.alloc(100_000, '.'), 'nervus-signature-path': Buffer.from('AAAAAAAAAAE') } },
    { ...decision, headers: { ...decision.headers, 'ce_\u0000': Buffer.from('x') } },
    { ...draft(), key: Buffer.from([0xff]) },
  ];
  for (const record of odd) expect(verifier.verify(record).state).toBe('refused');
});
