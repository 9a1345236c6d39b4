// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { start } from '../test/world.js';
import { vectorKey, vectors } from '../test/vectors.js';
import { type AccessToken, type AccessTokenVerification, issueAccessToken, maxAccessTokenSeconds, verifyAccessToken } from './access-token.js';
import { type DpopRequest, type DpopVerification, makeDpopProof, verifyDpopProof } from './dpop.js';
import { VerificationError } from './errors.js';
import { signJws } from './strict-jws.js';
import { WorkloadKey } from './workload-key.js';

const vector = vectors<{ claims: AccessToken; token: string; request: { method: string; url: string }; proofAt: string; proof: string }>('access-token');
const { claims, token } = vector;
const issuer = vectorKey('identity');
const holder = vectorKey('action');

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    if (error instanceof VerificationError) return error.code;
    throw error;
  }
  return undefined;
};

describe('access token', () => {
  const options: AccessTokenVerification = { issuer: claims.iss, audience: claims.aud, now: start + 1000, keyOf: (kid) => (kid === issuer.kid ? issuer.publicKey : undefined) };
  const verdictOf = (compact: string, over: Partial<AccessTokenVerification> = {}): string | undefined => codeOf(() => verifyAccessToken(compact, { ...options, ...over }));
  const forced = (over: object): string => signJws(issuer, { typ: 'at+jwt' }, Buffer.from(JSON.stringify({ ...claims, ...over })));

  it('of the vectors verifies, as does one issued now', () => {
    expect(verifyAccessToken(token, options)).toEqual(claims);
    expect(verifyAccessToken(issueAccessToken(claims, issuer), options)).toEqual(claims);
  });

  it('is refused from another issuer, for another audience, and outside its time', () => {
    expect(verdictOf(token, { issuer: 'https://other.example' })).toBe('wrong_issuer');
    expect(verdictOf(token, { audience: 'https://other.example' })).toBe('wrong_audience');
    expect(verdictOf(token, { now: claims.iat * 1000 - 1 })).toBe('not_yet_valid');
    expect(verdictOf(token, { now: claims.exp * 1000 - 1 })).toBeUndefined();
    expect(verdictOf(token, { now: claims.exp * 1000 })).toBe('expired');
    expect(verdictOf(token, { now: claims.exp * 1000, skewSeconds: 1 })).toBeUndefined();
    expect(verdictOf(token, { keyOf: () => undefined })).toBe('unknown_key');
    expect(verdictOf(token, { keyOf: () => holder.publicKey })).toBe('signature_invalid');
  });

  it('is no other kind of JWT', () => {
    expect(verdictOf(signJws(issuer, { typ: 'JWT' }, Buffer.from(JSON.stringify(claims))))).toBe('header_refused');
  });

  it.each<[string, object, string]>([
    ['a bearer', { cnf: undefined }, 'malformed'],
    ['two audiences', { aud: [claims.aud, 'https://other.example'] }, 'malformed'],
    ['no actor', { act: undefined }, 'malformed'],
    ['two rights', { authorization_details: [...claims.authorization_details, ...claims.authorization_details] }, 'malformed'],
    ['a right to two operations', { authorization_details: claims.authorization_details.map((detail) => ({ ...detail, actions: ['http.request', 'http.other'] })) }, 'malformed'],
    ['an unknown claim', { scope: 'all' }, 'malformed'],
    ['a life too long', { exp: claims.iat + maxAccessTokenSeconds + 1 }, 'lifetime'],
    ['no life', { exp: claims.iat }, 'lifetime'],
  ])('with %s is refused, and not issued', (_, over, code) => {
    expect(verdictOf(forced(over))).toBe(code);
    expect(codeOf(() => issueAccessToken({ ...claims, ...over } as AccessToken, issuer))).toBe(code);
  });
});

describe('DPoP proof', () => {
  const request: DpopRequest = { ...vector.request, accessToken: token };
  const at = Date.parse(vector.proofAt);
  const options: DpopVerification = { now: at, thumbprint: claims.cnf.jkt };
  const verdictOf = (proof: string, over: Partial<DpopRequest> = {}, how: Partial<DpopVerification> = {}): string | undefined => codeOf(() => verifyDpopProof(proof, { ...request, ...over }, { ...options, ...how }));
  const id = '0193f3a0-0000-7000-8000-0000000000af';

  it('of the vectors verifies, as does one made now', () => {
    expect(verifyDpopProof(vector.proof, request, options)).toEqual({ jti: '0193f3a0-0000-7000-8000-0000000000ae', thumbprint: holder.kid, forgetAfter: at + 60_000 });
    expect(verifyDpopProof(makeDpopProof(holder, request, id, at + 400), request, options).jti).toBe(id);
  });

  it.each<[string, Partial<DpopRequest>]>([
    ['method', { method: 'GET' }],
    ['path', { url: 'https://api.example.com/orders/1' }],
    ['host', { url: 'https://evil.example/orders' }],
    ['scheme', { url: 'http://api.example.com/orders' }],
    ['port', { url: 'https://api.example.com:8443/orders' }],
    ['token', { accessToken: `${token}x` }],
    ['nonce', { nonce: 'asked' }],
  ])('is for no other %s', (_, over) => {
    expect(verdictOf(vector.proof, over)).toBe('proof_mismatch');
  });

  it('without a token is no proof for one, and the other way round', () => {
    const { accessToken: _, ...bare } = request;
    const proof = makeDpopProof(holder, bare, id, at);
    expect(verdictOf(proof)).toBe('proof_mismatch');
    expect(codeOf(() => verifyDpopProof(proof, bare, options))).toBeUndefined();
    expect(codeOf(() => verifyDpopProof(vector.proof, bare, options))).toBe('proof_mismatch');
  });

  it.each(['https://API.example.com/orders', 'https://api.example.com:443/orders?other=1', 'HTTPS://api.example.com/orders#x'])('is for the same target written as %s', (url) => {
    expect(verdictOf(vector.proof, { url })).toBeUndefined();
  });

  it('answers the nonce that was asked for', () => {
    expect(verdictOf(makeDpopProof(holder, { ...request, nonce: 'asked' }, id, at), { nonce: 'asked' })).toBeUndefined();
    expect(verdictOf(makeDpopProof(holder, { ...request, nonce: 'older' }, id, at), { nonce: 'asked' })).toBe('proof_mismatch');
  });

  it('by another key than the token is bound to is worth nothing: a stolen token is useless', () => {
    const thief = WorkloadKey.generate();
    const proof = makeDpopProof(thief, request, id, at);
    expect(verdictOf(proof)).toBe('proof_mismatch');
    const [, body, signature] = proof.split('.');
    expect(verdictOf([vector.proof.split('.')[0], body, signature].join('.'))).toBe('signature_invalid');
    expect(verifyDpopProof(proof, request, { now: at, thumbprint: undefined }).thumbprint).toBe(thief.kid);
  });

  it('is fresh for a minute', () => {
    expect(verdictOf(vector.proof, {}, { now: at + 59_999 })).toBeUndefined();
    expect(verdictOf(vector.proof, {}, { now: at + 60_000 })).toBe('expired');
    expect(verdictOf(vector.proof, {}, { now: at - 5000 })).toBeUndefined();
    expect(verdictOf(vector.proof, {}, { now: at - 5001 })).toBe('not_yet_valid');
    expect(verdictOf(vector.proof, {}, { now: at + 20_000, maxAgeSeconds: 20 })).toBe('expired');
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a private key', { jwk: { ...holder.publicJwk, d: 'x' } }, 'jwk_malformed'],
    ['a symmetric key', { jwk: { kty: 'oct', k: 'AAAA' } }, 'jwk_malformed'],
    ['no key', {}, 'header_refused'],
  ])('with %s in its header is refused', (_, members, code) => {
    expect(verdictOf(signJws(holder, { typ: 'dpop+jwt', kid: false }, Buffer.from('{}'), members))).toBe(code);
  });

  it('with a kid beside its key is refused', () => {
    expect(verdictOf(signJws(holder, { typ: 'dpop+jwt' }, Buffer.from('{}'), { jwk: holder.publicJwk }))).toBe('header_refused');
  });

  it('is not made with an id that can be guessed, or for a relative URL', () => {
    expect(codeOf(() => makeDpopProof(holder, request, '1', at))).toBe('malformed');
    expect(codeOf(() => makeDpopProof(holder, { ...request, url: '/orders' }, id, at))).toBe('proof_mismatch');
  });
});
