// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { inspect } from 'node:util';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { privateJwk, vectorKey, vectorKid } from '../test/vectors.js';
import { base64url } from './base64url.js';
import { hasLowS, signEs256, verifyEs256 } from './es256.js';
import { VerificationError } from './errors.js';
import { importPublicJwk, parsePublicJwk, publicJwkOf, thumbprintOf } from './jwk.js';
import { generatePrivateJwk, WorkloadKey } from './workload-key.js';

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const message = (i: number): Buffer => Buffer.from(`message ${i}`);

describe('ES256', () => {
  it('agrees with node about r || s, also where r or s is short', () => {
    let short = 0;
    for (let i = 0; i < 1500; i++) {
      const ours = signEs256(privateKey, message(i));
      if (ours[0] === 0 || ours[32] === 0) short++;
      expect(verify('sha256', message(i), { key: publicKey, dsaEncoding: 'ieee-p1363' }, ours)).toBe(true);
      expect(verifyEs256(publicKey, message(i), sign('sha256', message(i), { key: privateKey, dsaEncoding: 'ieee-p1363' }))).toBe(true);
    }
    expect(short).toBeGreaterThan(0);
  });

  it('always makes the one of two signatures whose s is in the lower half', () => {
    for (let i = 0; i < 50; i++) {
      const signature = signEs256(privateKey, message(i));
      expect(hasLowS(signature)).toBe(true);
      const s = order - BigInt(`0x${signature.toString('hex', 32)}`);
      const other = Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
      expect(verifyEs256(publicKey, message(i), other)).toBe(true);
      expect(hasLowS(other)).toBe(false);
    }
  });

  it('refuses zeroes, the order itself, and other lengths', () => {
    const signature = signEs256(privateKey, message(0));
    const orderBytes = Buffer.from(order.toString(16), 'hex');
    for (const bad of [Buffer.alloc(64), Buffer.concat([signature.subarray(0, 32), Buffer.alloc(32)]), Buffer.concat([orderBytes, signature.subarray(32)]), Buffer.alloc(64, 255), signature.subarray(0, 63), Buffer.concat([signature, Buffer.alloc(1)]), Buffer.alloc(0)]) {
      expect(verifyEs256(publicKey, message(0), bad)).toBe(false);
    }
  });
});

describe('public JWK', () => {
  const jwk = vectorKey('approval').publicJwk;

  it('has the thumbprint that jose calculates', async () => {
    expect(thumbprintOf(jwk)).toBe(await calculateJwkThumbprint(jwk));
    expect(thumbprintOf(jwk)).toBe(vectorKid('approval'));
    expect(publicJwkOf(importPublicJwk(jwk))).toEqual(jwk);
  });

  it.each<[string, unknown]>([
    ['a private part', privateJwk('approval')],
    ['another member', { ...jwk, alg: 'ES256' }],
    ['another curve', { ...jwk, crv: 'P-384' }],
    ['a missing coordinate', { kty: 'EC', crv: 'P-256', x: jwk.x }],
    ['a point off the curve', { ...jwk, y: jwk.x }],
    ['a coordinate with padding', { ...jwk, x: `${jwk.x}=` }],
    ['a coordinate of 31 bytes', { ...jwk, x: base64url(Buffer.alloc(31, 1)) }],
    ['a coordinate with stray bits', { ...jwk, x: jwk.x.slice(0, 42) + next(jwk.x[42] ?? 'A') }],
    ['null', null],
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }],
  ])('refuses %s', (_, value) => {
    expect(() => parsePublicJwk(value)).toThrow(VerificationError);
  });
});

/** The character after this one in the alphabet of base64url: where two bits are unused it is another spelling. */
function next(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(character) + 1] ?? 'A';
}

describe('workload key', () => {
  it('signs so that its public key verifies, under its thumbprint', () => {
    const key = WorkloadKey.generate();
    expect(verifyEs256(key.publicKey, message(1), key.sign(message(1)))).toBe(true);
    expect(key.kid).toBe(thumbprintOf(key.publicJwk));
  });

  it('never shows its private part', () => {
    const jwk = generatePrivateJwk();
    const key = WorkloadKey.fromPrivateJwk(jwk);
    const shown = `${JSON.stringify(key)} ${inspect(key, { depth: 9, showHidden: true })} ${Object.keys(key).join()}`;
    expect(shown).toContain(key.kid);
    expect(shown).not.toContain(jwk.d);
    expect(shown).not.toContain('PrivateKeyObject');
  });

  it('refuses halves that do not fit', () => {
    expect(() => WorkloadKey.fromPrivateJwk({ ...privateJwk('approval'), d: privateJwk('action').d })).toThrow(VerificationError);
  });

  it.each(['', 'AA', base64url(Buffer.alloc(32)), base64url(Buffer.alloc(32, 255)), base64url(Buffer.alloc(48, 1))])('refuses the private part %j', (d) => {
    expect(() => WorkloadKey.fromPrivateJwk({ ...privateJwk('approval'), d })).toThrow(VerificationError);
  });
});
