// SPDX-License-Identifier: Apache-2.0
import type { RevocationIssued, ServiceName, WorkloadChanged } from '@nervus/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vectorKey, vectors } from '../test/vectors.js';
import { bundle, hour, identityEntry, iso, root, signedOne, spiffeIdOf, start, workloadEntry, workloadRecord } from '../test/world.js';
import { VerificationError } from './errors.js';
import type { ReadRecord } from './record-input.js';
import { issueRootProof, verifyRootProof } from './root-proof.js';
import { formatTrustBundle, parseTrustBundle, thumbprintOfBundle, type TrustBundle } from './trust-bundle.js';
import { WorkloadDirectory } from './workload-directory.js';
import { type WorkloadAcceptance, WorkloadIntake } from './workload-intake.js';
import { WorkloadKey } from './workload-key.js';

const identity = vectorKey('identity');
const approval = vectorKey('approval');
const use = (producers: readonly ServiceName[], appendedAt: number) => ({ producers, appendedAt });

function table(options: { readonly maxPending?: number; readonly topicPrefix?: string } = {}) {
  const directory = new WorkloadDirectory();
  const settled: WorkloadAcceptance[] = [];
  const intake = new WorkloadIntake({ directory, bundle, topicPrefix: '', onSettled: (_, acceptance) => settled.push(acceptance), ...options });
  return { directory, intake, settled };
}

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    if (error instanceof VerificationError) return error.code;
    throw error;
  }
  return undefined;
};

describe('the table of workload keys', () => {
  interface VectorRecord {
    topic: string;
    key: string;
    value: string;
    headers: Record<string, string>;
    appendedAt: string;
  }
  const vector = vectors<{ bundle: TrustBundle; thumbprint: string; records: VectorRecord[] }>('workload-table');
  const records = vector.records.map(({ topic, key, value, headers, appendedAt }): ReadRecord => ({
    topic, key: Buffer.from(key), value: Buffer.from(value), headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])), timestamp: Date.parse(appendedAt),
  }));

  it('loads the vectors, where the entry of identity comes after those that it signed', () => {
    const { directory, intake, settled } = table();
    expect(thumbprintOfBundle(vector.bundle)).toBe(vector.thumbprint);
    expect(vector.bundle).toEqual(bundle);
    expect(records.map((record) => intake.accept(record).state)).toEqual(['pending', 'pending', 'accepted']);
    expect(settled.map(({ state }) => state)).toEqual(['accepted', 'accepted']);
    expect(intake.pending()).toEqual([]);
    expect(directory.find(approval.kid)).toMatchObject({ service: 'approval', spiffeId: spiffeIdOf('approval'), notBefore: start, notAfter: start + hour });
  });

  it('settles what waited also when nobody wants to be told', () => {
    const directory = new WorkloadDirectory();
    const intake = new WorkloadIntake({ directory, bundle, topicPrefix: '' });
    for (const record of records) intake.accept(record);
    expect(directory.size).toBe(3);
  });

  it('comes out the same in whatever order it is read', () => {
    const second = WorkloadKey.generate();
    const third = WorkloadKey.generate();
    const workload = WorkloadKey.generate();
    const all = [
      // Two keys of identity vouch for each other's newest entries, as compaction may leave it after a rotation.
      workloadRecord(identityEntry(identity, { version: 2 }), second),
      workloadRecord(identityEntry(second), identity),
      workloadRecord(identityEntry(third), second),
      workloadRecord(workloadEntry(workload, 'action'), third),
      workloadRecord(workloadEntry(approval, 'approval'), identity),
      workloadRecord(workloadEntry(approval, 'approval', { version: 2 }), second),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (order) => {
        const { directory, intake } = table();
        for (const record of order) intake.accept(record);
        expect(intake.pending()).toEqual([]);
        expect([identity, second, third, workload, approval].map((key) => directory.find(key.kid)?.version)).toEqual([2, 1, 1, 1, 2]);
      }),
      { numRuns: 100 },
    );
  });

  it.each<[string, ReadRecord, string]>([
    ['identity without a root proof', workloadRecord(workloadEntry(identity, 'identity'), identity), 'root_proof_invalid'],
    ['identity with the proof of another key', workloadRecord(identityEntry(identity, { rootProof: issueRootProof(workloadEntry(WorkloadKey.generate(), 'identity'), root) }), identity), 'root_proof_invalid'],
    ['identity with a longer life than proved', workloadRecord({ ...identityEntry(identity), notAfter: iso(start + 9 * hour) }, identity), 'root_proof_invalid'],
    ['identity proved by a root that is not pinned', workloadRecord(identityEntry(identity, { rootProof: issueRootProof(workloadEntry(identity, 'identity'), WorkloadKey.generate()) }), identity), 'root_proof_invalid'],
    ['another service with a root proof', workloadRecord(workloadEntry(approval, 'approval', { rootProof: issueRootProof(workloadEntry(approval, 'approval'), root) }), identity), 'root_proof_invalid'],
    ['a service that there is not', workloadRecord({ ...workloadEntry(approval, 'approval'), service: 'payments', spiffeId: spiffeIdOf('payments') }, identity), 'malformed'],
    ['the name of another service', workloadRecord(workloadEntry(approval, 'approval', { spiffeId: spiffeIdOf('action') }), identity), 'malformed'],
    ['the name of another trust domain', workloadRecord(workloadEntry(approval, 'approval', { spiffeId: 'spiffe://other.example/service/approval' }), identity), 'malformed'],
    ['a kid that is not the thumbprint', workloadRecord(workloadEntry(approval, 'approval', { jwk: vectorKey('action').publicJwk }), identity), 'malformed'],
    ['another topic', signedOne({ topic: 'nervus.approval.decisions.v1' }, identity), 'record_malformed'],
    ['a member missing', workloadRecord({ ...workloadEntry(approval, 'approval'), version: undefined } as unknown as WorkloadChanged, identity), 'malformed'],
    ['itself as its signer', workloadRecord(workloadEntry(approval, 'approval'), approval), 'never'],
    ['another value than signed', { ...workloadRecord(workloadEntry(approval, 'approval'), identity), value: Buffer.from(JSON.stringify(workloadEntry(approval, 'approval', { version: 9 }))) }, 'signature_invalid'],
  ])('never takes an entry with %s', (_, record, code) => {
    const { directory, intake } = table();
    intake.accept(workloadRecord(identityEntry(identity), identity));
    const before = directory.size;
    const acceptance = intake.accept(record);
    if (code === 'never') {
      // It waits for a root to vouch for its signer, which none ever will.
      expect(acceptance.state).toBe('pending');
      expect(intake.pending()).toEqual([record]);
    } else {
      expect(acceptance).toMatchObject({ state: 'refused', code });
    }
    expect(directory.find(approval.kid)).toBeUndefined();
    expect(directory.size).toBe(before);
  });

  it('refuses an entry that a known workload signs which is not identity', () => {
    const { directory, intake } = table();
    intake.accept(workloadRecord(identityEntry(identity), identity));
    intake.accept(workloadRecord(workloadEntry(approval, 'approval'), identity));
    const intruder = WorkloadKey.generate();
    expect(intake.accept(workloadRecord(workloadEntry(intruder, 'action'), approval))).toMatchObject({ state: 'refused', code: 'wrong_producer' });
    expect(directory.find(intruder.kid)).toBeUndefined();
  });

  it.each<[string, number, string]>([
    ['before its key was valid', start - 1, 'key_not_yet_valid'],
    ['after its key expired', start + hour, 'key_expired'],
  ])('refuses what identity signed %s', (_, appendedAt, code) => {
    const { intake } = table();
    intake.accept(workloadRecord(identityEntry(identity), identity));
    expect(intake.accept(workloadRecord(workloadEntry(approval, 'approval'), identity, appendedAt))).toMatchObject({ state: 'refused', code });
  });

  it('ignores the same and lower versions', () => {
    const { directory, intake } = table();
    intake.accept(workloadRecord(identityEntry(identity), identity));
    intake.accept(workloadRecord(workloadEntry(approval, 'approval', { version: 3 }), identity));
    intake.accept(workloadRecord(workloadEntry(approval, 'approval', { version: 4, revokedAt: iso(start + 3000) }), identity));
    expect(intake.accept(workloadRecord(workloadEntry(approval, 'approval', { version: 2, notAfter: iso(start + 9 * hour) }), identity)).state).toBe('stale');
    expect(intake.accept(workloadRecord(workloadEntry(approval, 'approval', { version: 3, notAfter: iso(start + 9 * hour) }), identity)).state).toBe('stale');
    expect(directory.find(approval.kid)?.notAfter).toBe(start + hour);
  });

  it('removes a key on the tombstone of identity, and of nobody else', () => {
    const { directory, intake } = table();
    intake.accept(workloadRecord(identityEntry(identity), identity));
    intake.accept(workloadRecord(workloadEntry(approval, 'approval'), identity));
    const tombstone = (signer: WorkloadKey): ReadRecord => signedOne({ topic: 'nervus.identity.workloads.v1', key: approval.kid, value: null }, signer);
    expect(intake.accept(tombstone(approval))).toMatchObject({ state: 'refused', code: 'wrong_producer' });
    expect(directory.find(approval.kid)).toBeDefined();
    expect(intake.accept(tombstone(identity))).toEqual({ state: 'removed', kid: approval.kid });
    expect(directory.find(approval.kid)).toBeUndefined();
  });

  it('keeps a bounded number of records waiting, and refuses the rest', () => {
    const { directory, intake } = table({ maxPending: 1 });
    expect(intake.accept(workloadRecord(workloadEntry(approval, 'approval'), identity)).state).toBe('pending');
    expect(intake.accept(workloadRecord(workloadEntry(vectorKey('action'), 'action'), identity))).toMatchObject({ state: 'refused', code: 'unknown_key' });
    // What was settled makes room again.
    intake.accept(workloadRecord(identityEntry(identity), identity));
    expect(directory.find(approval.kid)).toBeDefined();
    expect(intake.accept(workloadRecord(workloadEntry(vectorKey('action'), 'action'), WorkloadKey.generate())).state).toBe('pending');
  });
});

describe('revocation', () => {
  const revocation = (over: Partial<RevocationIssued> = {}): RevocationIssued => ({ subject: `workload:${approval.kid}`, at: iso(start + 1000), reason: 'copied', expiresAt: iso(start + hour), version: 1, ...over });
  const loaded = () => {
    const world = table();
    world.intake.accept(workloadRecord(identityEntry(identity), identity));
    world.intake.accept(workloadRecord(workloadEntry(approval, 'approval'), identity));
    return world;
  };

  it('counts from its instant on and not before', () => {
    const { directory } = loaded();
    directory.revoke(revocation());
    expect(directory.judge(approval.kid, use(['approval'], start + 999)).state).toBe('good');
    expect(directory.judge(approval.kid, use(['approval'], start + 1000))).toMatchObject({ state: 'refused', code: 'key_revoked' });
  });

  it('also counts when the entry itself says so, and is not taken back by a newer entry', () => {
    const { directory, intake } = loaded();
    intake.accept(workloadRecord(workloadEntry(approval, 'approval', { version: 2, revokedAt: iso(start + 2000) }), identity));
    intake.accept(workloadRecord(workloadEntry(approval, 'approval', { version: 3 }), identity));
    intake.accept(workloadRecord(workloadEntry(approval, 'approval', { version: 4, revokedAt: iso(start + 3000) }), identity));
    expect(directory.revokedAt(approval.kid)).toBe(start + 2000);
    expect(directory.judge(approval.kid, use(['approval'], start + 2000))).toMatchObject({ code: 'key_revoked' });
  });

  it('takes the earlier of two', () => {
    const { directory, intake } = loaded();
    intake.accept(workloadRecord(workloadEntry(approval, 'approval', { version: 2, revokedAt: iso(start + 2000) }), identity));
    directory.revoke(revocation());
    expect(directory.revokedAt(approval.kid)).toBe(start + 1000);
  });

  it('ignores lower versions of the same subject', () => {
    const { directory } = loaded();
    expect(directory.revoke(revocation({ version: 2 }))).toBe(true);
    expect(directory.revoke(revocation({ version: 1, at: iso(start) }))).toBe(false);
    expect(directory.revokedAt(approval.kid)).toBe(start + 1000);
  });

  it('ends what a stolen key of identity introduced afterwards, in whatever order it becomes known', () => {
    const stolen = revocation({ subject: `workload:${identity.kid}`, at: iso(start + 1000) });
    const intruder = WorkloadKey.generate();
    const { directory, intake } = loaded();
    expect(intake.accept(workloadRecord(workloadEntry(intruder, 'action'), identity, start + 1500)).state).toBe('accepted');
    directory.revoke(stolen);
    expect(directory.judge(intruder.kid, use(['action'], start + 1600))).toMatchObject({ state: 'refused', code: 'key_revoked' });
    expect(directory.judge(approval.kid, use(['approval'], start + 1600)).state).toBe('good');
    expect(intake.accept(workloadRecord(workloadEntry(WorkloadKey.generate(), 'action'), identity, start + 1700))).toMatchObject({ state: 'refused', code: 'key_revoked' });
  });

  it('of permits, tokens and agents is found by subject until its tombstone', () => {
    const { revocations } = new WorkloadDirectory();
    revocations.apply(revocation({ subject: 'permit:p1' }));
    expect(revocations.revokedAt('permit:p1')).toBe(start + 1000);
    expect(revocations.revokedAt('token:p1')).toBeUndefined();
    revocations.remove('permit:p1');
    expect(revocations.revokedAt('permit:p1')).toBeUndefined();
  });
});

describe('judging a key', () => {
  it('knows unknown, wrong producer, and the times of the key', () => {
    const directory = new WorkloadDirectory();
    directory.put(workloadEntry(approval, 'approval'), { by: 'test', appendedAt: start });
    expect(directory.judge('nobody', use(['approval'], start))).toEqual({ state: 'unknown' });
    expect(directory.judge(approval.kid, use(['action', 'audit'], start))).toMatchObject({ code: 'wrong_producer', detail: 'approval may not produce this: expected action or audit' });
    expect(directory.judge(approval.kid, use(['approval', 'action'], start)).state).toBe('good');
    expect(directory.judge(approval.kid, use(['approval'], start - 1))).toMatchObject({ code: 'key_not_yet_valid' });
    expect(directory.judge(approval.kid, use(['approval'], start + hour))).toMatchObject({ code: 'key_expired' });
    expect(directory.find(approval.kid)?.publicKey.equals(approval.publicKey)).toBe(true);
  });
});

describe('trust bundle', () => {
  it('is read as it was written, held to its thumbprint', () => {
    expect(parseTrustBundle(formatTrustBundle(bundle), thumbprintOfBundle(bundle))).toEqual(bundle);
    expect(codeOf(() => parseTrustBundle(formatTrustBundle({ ...bundle, version: 2 }), thumbprintOfBundle(bundle)))).toBe('bundle_not_pinned');
  });

  it.each<[string, object, string]>([
    ['another member', { ...bundle, note: 'x' }, 'bundle_malformed'],
    ['no root', { ...bundle, rootKeys: [] }, 'bundle_malformed'],
    ['a private key', { ...bundle, rootKeys: [{ ...root.publicJwk, d: 'x' }] }, 'jwk_malformed'],
    ['no enrolment key', { ...bundle, enrolmentKey: undefined }, 'jwk_malformed'],
    ['a trust domain with a path', { ...bundle, trustDomain: 'nervus.local/x' }, 'bundle_malformed'],
    ['version 0', { ...bundle, version: 0 }, 'bundle_malformed'],
  ])('is refused with %s', (_, value, code) => {
    expect(codeOf(() => parseTrustBundle(JSON.stringify(value)))).toBe(code);
  });

  it('is refused with a member that stands twice', () => {
    expect(codeOf(() => parseTrustBundle(formatTrustBundle(bundle).replace('{', '{"version":1,')))).toBe('malformed');
  });
});

describe('root proof', () => {
  const entry = workloadEntry(identity, 'identity');
  const proof = issueRootProof(entry, root);

  it('vouches for exactly this entry', () => {
    expect(codeOf(() => verifyRootProof(proof, entry, bundle))).toBeUndefined();
  });

  it.each<[string, object]>([
    ['kid', { kid: approval.kid }],
    ['key', { jwk: approval.publicJwk }],
    ['name', { spiffeId: spiffeIdOf('approval') }],
    ['service', { service: 'approval' }],
    ['start', { notBefore: iso(start - 1) }],
    ['end', { notAfter: iso(start + 2 * hour) }],
  ])('does not vouch for another %s', (_, over) => {
    expect(codeOf(() => verifyRootProof(proof, { ...entry, ...over }, bundle))).toBe('root_proof_invalid');
  });

  it('cannot vouch for a service that is not identity', () => {
    const other = workloadEntry(approval, 'approval');
    expect(codeOf(() => verifyRootProof(issueRootProof(other, root), other, bundle))).toBe('root_proof_invalid');
  });

  it('is believed from each of two roots while one replaces the other', () => {
    const next = WorkloadKey.generate();
    const both = { ...bundle, rootKeys: [root.publicJwk, next.publicJwk] };
    expect(codeOf(() => verifyRootProof(issueRootProof(entry, next), entry, both))).toBeUndefined();
    expect(codeOf(() => verifyRootProof(proof, entry, { ...bundle, rootKeys: [next.publicJwk] }))).toBe('root_proof_invalid');
  });
});
