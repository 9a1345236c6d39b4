// SPDX-License-Identifier: Apache-2.0
import type { EnrolmentRequested } from '@nervus/contracts';
import { signJws, WorkloadKey } from '@nervus/trust';
import { describe, expect, it } from 'vitest';
import { judgeEnrolment } from './enrolment.js';
import { launcherTokenProfile } from './launcher-token.js';
import { parseTrustRules } from './trust-rules.js';

const launcher = WorkloadKey.generate();
const workload = WorkloadKey.generate();
const now = Date.parse('2026-11-24T10:00:00.000Z');
const rules = parseTrustRules({ rules: [{ name: 'local-action', kind: 'launcher', issuer: 'nervus-launcher', audience: 'nervus-identity', keys: [launcher.publicJwk], subject: { equals: 'action' }, service: 'action' }] });
const settings = { trustDomain: 'nervus.local', keySeconds: 3600 };
const request: EnrolmentRequested = { kid: workload.kid, jwk: workload.publicJwk, service: 'action', epoch: '0193f3a0-0000-7000-8000-000000000000', evidence: 'a..b.c.d' };

function token(change: object = {}, signer = launcher): string {
  const iat = now / 1000 - 5;
  return signJws(signer, launcherTokenProfile, Buffer.from(JSON.stringify({ iss: 'nervus-launcher', sub: 'action', aud: 'nervus-identity', jti: '7d3a3d9c-0f3e-4f77-8f5a-000000000000', iat, exp: iat + 120, ...change })));
}
const judge = (evidence: { token: string; kid: string } | undefined, data = request): ReturnType<typeof judgeEnrolment> => judgeEnrolment(data, evidence, rules, settings, now);

describe('enrolment', () => {
  it('a process that proves where it runs gets a key that may sign for the configured time', () => {
    const verdict = judge({ token: token(), kid: workload.kid });
    expect(verdict).toMatchObject({ verdict: 'accepted', tokenId: 'nervus-launcher/7d3a3d9c-0f3e-4f77-8f5a-000000000000' });
    if (verdict.verdict !== 'accepted') return;
    expect(verdict.workload).toMatchObject({ kid: workload.kid, spiffeId: 'spiffe://nervus.local/service/action', notAfter: '2026-11-24T11:00:00.000Z' });
  });

  it.each([
    ['evidence that could not be opened', () => judge(undefined), 'evidence_unreadable'],
    ['evidence copied from another process', () => judge({ token: token(), kid: launcher.kid }), 'evidence_not_bound'],
    ['a token of another service', () => judge({ token: token({ sub: 'audit' }), kid: workload.kid }), 'no_rule'],
    ['a claim to be another service', () => judge({ token: token(), kid: workload.kid }, { ...request, service: 'identity' }), 'no_rule'],
    ['a service that does not exist', () => judge({ token: token(), kid: workload.kid }, { ...request, service: 'payments' }), 'no_rule'],
    ['a token of another issuer', () => judge({ token: token({ iss: 'someone' }), kid: workload.kid }), 'wrong_issuer'],
    ['a token for another audience', () => judge({ token: token({ aud: 'sts' }), kid: workload.kid }), 'no_rule'],
    ['a token by another key', () => judge({ token: token({}, workload), kid: workload.kid }), 'wrong_issuer'],
    ['a token that expired', () => judge({ token: token({ iat: now / 1000 - 300, exp: now / 1000 - 180 }), kid: workload.kid }), 'expired'],
    ['a token that lives too long', () => judge({ token: token({ exp: now / 1000 + 3600 }), kid: workload.kid }), 'lifetime'],
    ['a token from the future', () => judge({ token: token({ iat: now / 1000 + 300, exp: now / 1000 + 400 }), kid: workload.kid }), 'not_yet_valid'],
    ['a token without jti', () => judge({ token: token({ jti: undefined }), kid: workload.kid }), 'malformed'],
    ['no token at all', () => judge({ token: 'x', kid: workload.kid }), 'malformed'],
  ])('%s is refused', (_, verdict, code) => {
    expect(verdict()).toMatchObject({ verdict: 'refused', code });
  });
});
