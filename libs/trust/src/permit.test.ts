// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { vectorKey, vectors } from '../test/vectors.js';
import { directoryOf, hour, iso, spiffeIdOf, start, workloadEntry } from '../test/world.js';
import { VerificationError } from './errors.js';
import { issuePermit, maxPermitSeconds, type Permit, type PermitVerification, verifyPermit } from './permit.js';
import { signJws } from './strict-jws.js';
import { WorkloadDirectory } from './workload-directory.js';
import { WorkloadKey } from './workload-key.js';

const approval = vectorKey('approval');
const action = vectorKey('action');
const { permits } = vectors<{ permits: { claims: Permit; permit: string }[] }>('permit');
const [{ claims, permit }, { claims: asked }] = permits as [(typeof permits)[0], (typeof permits)[0]];
const directory = directoryOf([[approval, 'approval'], [action, 'action']]);
const options: PermitVerification = { directory, audience: 'action', now: start + 1000 };

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    if (error instanceof VerificationError) return error.code;
    throw error;
  }
  return undefined;
};
const verdictOf = (compact: string, over: Partial<PermitVerification> = {}): string | undefined => codeOf(() => verifyPermit(compact, { ...options, ...over }));
/** Signed rightly, whatever the claims. */
const forced = (over: object, signer = approval): string => signJws(signer, { typ: 'nervus-permit+jwt' }, Buffer.from(JSON.stringify({ ...claims, ...over })));

describe('permit', () => {
  it.each(permits)('of the vectors, tier $claims.tier', ({ claims, permit }) => {
    expect(verifyPermit(permit, options)).toEqual(claims);
    expect(verifyPermit(issuePermit(claims, approval), options)).toEqual(claims);
  });

  it('is good from nbf until the moment of exp', () => {
    expect(verdictOf(permit, { now: claims.nbf * 1000 - 1 })).toBe('not_yet_valid');
    expect(verdictOf(permit, { now: claims.nbf * 1000 })).toBeUndefined();
    expect(verdictOf(permit, { now: claims.exp * 1000 - 1 })).toBeUndefined();
    expect(verdictOf(permit, { now: claims.exp * 1000 })).toBe('expired');
  });

  it('is good a little longer only where the caller says so', () => {
    expect(verdictOf(permit, { now: claims.exp * 1000 + 1999, skewSeconds: 2 })).toBeUndefined();
    expect(verdictOf(permit, { now: claims.exp * 1000 + 2000, skewSeconds: 2 })).toBe('expired');
    expect(verdictOf(permit, { now: claims.nbf * 1000 - 2000, skewSeconds: 2 })).toBeUndefined();
  });

  it('is for one audience', () => {
    expect(verdictOf(permit, { audience: 'identity' })).toBe('wrong_audience');
    expect(verdictOf(issuePermit({ ...claims, aud: 'identity' }, approval), { audience: 'identity' })).toBeUndefined();
  });

  it.each([0, 1, 2, 3] as const)('of tier %i lives no longer than its tier allows, whoever signs it', (tier) => {
    const longest = { tier, exp: claims.nbf + maxPermitSeconds(tier) };
    expect(maxPermitSeconds(tier)).toBe(tier < 2 ? 300 : 900);
    expect(verdictOf(forced(longest))).toBeUndefined();
    expect(verdictOf(forced({ ...longest, exp: longest.exp + 1 }))).toBe('lifetime');
    expect(codeOf(() => issuePermit({ ...claims, ...longest, exp: longest.exp + 1 }, approval))).toBe('lifetime');
    expect(verdictOf(forced({ exp: claims.nbf }))).toBe('lifetime');
  });

  it.each<[string, object]>([
    ['use 2', { use: 2 }],
    ['no use', { use: undefined }],
    ['tier 4', { tier: 4 }],
    ['an unknown audience', { aud: 'audit' }],
    ['a list of audiences', { aud: ['action'] }],
    ['another claim', { scope: 'all' }],
    ['a digest that is none', { act: 'x' }],
    ['a jti that is no UUID', { jti: '1' }],
    ['times with fractions', { nbf: claims.nbf + 0.5 }],
    ['no policy set', { pol: undefined }],
    ['a request without its evidence', { req: asked.req }],
  ])('with %s is malformed', (_, over) => {
    expect(verdictOf(forced(over))).toBe('malformed');
  });

  it('of another kind of JWS by the same key is none', () => {
    expect(verdictOf(signJws(approval, { typ: 'nervus-root+jws' }, Buffer.from(JSON.stringify(claims))))).toBe('header_refused');
  });

  it('changed after approval does not verify', () => {
    const [head, , signature] = permit.split('.');
    const body = Buffer.from(JSON.stringify({ ...claims, tier: 0 })).toString('base64url');
    expect(verdictOf(`${head}.${body}.${signature}`)).toBe('signature_invalid');
  });
});

describe('the signer of a permit', () => {
  it('is approval and nobody else, also with a good key', () => {
    expect(verdictOf(forced({ iss: spiffeIdOf('action') }, action))).toBe('wrong_producer');
    expect(verdictOf(forced({ iss: spiffeIdOf('action') }))).toBe('wrong_issuer');
  });

  it('that is not known yet holds the permit instead of refusing it', () => {
    const stranger = WorkloadKey.generate();
    expect(verdictOf(forced({}, stranger))).toBe('unknown_key');
  });

  const later = { nbf: start / 1000 + 3599, exp: start / 1000 + 3599 + 300 };

  it('may have expired or rotated since: the permit stays good until its own exp (abuse case 8)', () => {
    expect(verdictOf(forced(later), { now: start + hour + 200_000 })).toBeUndefined();
    expect(verdictOf(forced(later), { now: later.exp * 1000 })).toBe('expired');
  });

  it('that is revoked now makes its unused permits invalid (abuse case 8)', () => {
    const own = directoryOf([[approval, 'approval']]);
    own.revoke({ subject: `workload:${approval.kid}`, at: iso(start + 5000), reason: 'stolen', expiresAt: iso(start + hour), version: 1 });
    expect(verdictOf(permit, { directory: own, now: start + 4999 })).toBeUndefined();
    expect(verdictOf(permit, { directory: own, now: start + 5000 })).toBe('key_revoked');
  });

  it('cannot have signed after its key ended or before it began, a minute of skew aside', () => {
    const at = (offsetMs: number): object => ({ nbf: (start + offsetMs) / 1000, exp: (start + offsetMs) / 1000 + 300 });
    const now = (offsetMs: number): object => ({ now: start + offsetMs });
    expect(verdictOf(forced(at(hour + 50_000)), now(hour + 50_000))).toBeUndefined();
    expect(verdictOf(forced(at(hour + 61_000)), now(hour + 61_000))).toBe('key_expired');
    expect(verdictOf(forced(at(-60_000)), now(-60_000))).toBeUndefined();
    expect(verdictOf(forced(at(-61_000)), now(-61_000))).toBe('key_not_yet_valid');
  });

  it('whose key began inside the second that nbf names is not refused for the fraction', () => {
    const own = new WorkloadDirectory();
    own.put(workloadEntry(approval, 'approval', { notBefore: iso(start + 400) }), { by: 'test', appendedAt: start });
    expect(verdictOf(permit, { directory: own, now: start + 500 })).toBeUndefined();
  });

  it('introduced by a key of identity after that was stolen is not believed', () => {
    const own = new WorkloadDirectory();
    own.put(workloadEntry(approval, 'approval'), { by: 'identity-kid', appendedAt: start });
    own.revoke({ subject: 'workload:identity-kid', at: iso(start), reason: 'stolen', expiresAt: iso(start + hour), version: 1 });
    expect(verdictOf(permit, { directory: own })).toBe('key_revoked');
  });
});
