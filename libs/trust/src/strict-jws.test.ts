// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { compactVerify, CompactSign, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { privateJwk, vectorKey } from '../test/vectors.js';
import { base64url } from './base64url.js';
import { VerificationError } from './errors.js';
import { type JwsProfile, signDetachedJws, signJws, verifyDetachedJws, verifyJws } from './strict-jws.js';

const key = vectorKey('approval');
const profile: JwsProfile = { typ: 'sample+jws' };
const payload = Buffer.from('{"a":1}');
const compact = signJws(key, profile, payload);
const [header = '', body = '', signature = ''] = compact.split('.');
const keyOf = ({ kid }: { readonly kid?: string }) => (kid === key.kid ? key.publicKey : undefined);

const codeOf = (text: string, of = profile): string | undefined => {
  try {
    verifyJws(text, of, keyOf);
  } catch (error) {
    if (error instanceof VerificationError) return error.code;
    throw error;
  }
  return undefined;
};

/** A JWS that is signed rightly over any header text. */
const withHeader = (text: string): string => {
  const input = `${base64url(Buffer.from(text))}.${body}`;
  return `${input}.${base64url(key.sign(Buffer.from(input)))}`;
};
const withMembers = (members: Readonly<Record<string, unknown>>): string => withHeader(JSON.stringify({ alg: 'ES256', typ: profile.typ, kid: key.kid, ...members }));

describe('compact JWS', () => {
  it('gives back header and payload of what it signed', () => {
    expect(verifyJws(compact, profile, keyOf)).toEqual({ header: { alg: 'ES256', kid: key.kid, typ: 'sample+jws' }, payload });
  });

  it('takes any order of header members, since others may write them otherwise', () => {
    expect(codeOf(withMembers({}))).toBeUndefined();
  });

  it.each([
    ['two parts', `${header}.${body}`],
    ['four parts', `${compact}.`],
    ['an empty header', `.${body}.${signature}`],
    ['an empty signature', `${header}.${body}.`],
    ['a trailing newline', `${compact}\n`],
    ['a leading space', ` ${compact}`],
    ['white space inside', `${header}.${body.slice(0, 2)} ${body.slice(2)}.${signature}`],
    ['padding', `${header}.${body}.${signature}==`],
    ['the standard alphabet', compact.replaceAll('-', '+').replaceAll('_', '/').replace(signature, '+'.repeat(86))],
    ['a signature of 63 bytes', `${header}.${body}.${signature.slice(0, 84)}`],
    ['a signature of 65 bytes', `${header}.${body}.${base64url(Buffer.alloc(65))}`],
    ['a header that is no JSON', withHeader('alg')],
    ['a header that is an array', withHeader('["ES256"]')],
    ['a header member that stands twice', withHeader(`{"alg":"none","alg":"ES256","typ":"sample+jws","kid":"${key.kid}"}`)],
    ['something longer than allowed', signJws(key, profile, Buffer.alloc(60_000))],
  ])('refuses %s as malformed', (_, text) => {
    expect(codeOf(text)).toBe('malformed');
  });

  it('refuses the other spelling of the last character', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = signature.at(-1) ?? '';
    const other = alphabet[alphabet.indexOf(last) ^ 1] ?? '';
    expect(Buffer.from(signature.slice(0, -1) + other, 'base64url')).toEqual(Buffer.from(signature, 'base64url'));
    expect(codeOf(compact.slice(0, -1) + other)).toBe('malformed');
  });

  it.each([
    ['alg none', { alg: 'none' }],
    ['a symmetric alg', { alg: 'HS256' }],
    ['another curve', { alg: 'ES384' }],
    ['RSA', { alg: 'RS256' }],
    ['Ed25519', { alg: 'EdDSA' }],
    ['alg in lower case', { alg: 'es256' }],
    ['another typ', { typ: 'nervus-permit+jwt' }],
    ['typ in another case', { typ: 'Sample+JWS' }],
    ['crit', { crit: ['exp'] }],
    ['b64', { b64: false }],
    ['jku', { jku: 'https://evil.example/jwks' }],
    ['x5u', { x5u: 'https://evil.example/x5u' }],
    ['x5c', { x5c: [] }],
    ['jwk', { jwk: vectorKey('action').publicJwk }],
    ['a member nobody knows', { size: 1 }],
    ['a kid that is no string', { kid: 7 }],
    ['no kid', { kid: undefined }],
    ['no typ', { typ: undefined }],
  ])('refuses %s in the header', (_, members) => {
    expect(codeOf(withMembers(members))).toBe('header_refused');
  });

  it('tells an unknown key, which may come, from a wrong signature, which stays wrong', () => {
    const other = vectorKey('action');
    expect(codeOf(signJws(other, profile, payload))).toBe('unknown_key');
    expect(codeOf(`${header}.${body}.${base64url(other.sign(Buffer.from(`${header}.${body}`)))}`)).toBe('signature_invalid');
    expect(new VerificationError('unknown_key', '').retryable).toBe(true);
    expect(new VerificationError('signature_invalid', '').retryable).toBe(false);
  });

  it('refuses a valid JWS whose payload belongs to another', () => {
    const other = signJws(key, profile, Buffer.from('{"a":2}'));
    expect(codeOf([header, other.split('.')[1], signature].join('.'))).toBe('signature_invalid');
  });

  it('demands the members of its profile', () => {
    const sized: JwsProfile = { ...profile, members: ['size'] };
    expect(codeOf(signJws(key, sized, payload, { size: 1 }), sized)).toBeUndefined();
    expect(codeOf(compact, sized)).toBe('header_refused');
  });

  it('refuses every change of a single character', () => {
    fc.assert(
      fc.property(fc.nat(compact.length - 1), fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n'.split('')), (at, character) => {
        fc.pre(compact[at] !== character);
        expect(codeOf(compact.slice(0, at) + character + compact.slice(at + 1))).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  it('is understood by jose, and understands what jose signs', async () => {
    const { payload: read } = await compactVerify(compact, await importJWK(key.publicJwk, 'ES256'));
    expect(Buffer.from(read)).toEqual(payload);
    const theirs = await new CompactSign(payload).setProtectedHeader({ alg: 'ES256', typ: profile.typ, kid: key.kid }).sign(await importJWK(privateJwk('approval'), 'ES256'));
    expect(verifyJws(theirs, profile, keyOf).payload).toEqual(payload);
  });
});

describe('detached JWS', () => {
  const detached = signDetachedJws(key, profile, payload);

  it('verifies over its own payload only', () => {
    expect(verifyDetachedJws(detached, payload, profile, keyOf).payload).toEqual(payload);
    expect(() => verifyDetachedJws(detached, Buffer.from('{"a":2}'), profile, keyOf)).toThrow(/not signed by/);
  });

  it('is no compact JWS, and a compact JWS is not detached', () => {
    expect(codeOf(detached)).toBe('signature_invalid');
    expect(() => verifyDetachedJws(compact, payload, profile, keyOf)).toThrow(/empty middle part/);
  });
});
