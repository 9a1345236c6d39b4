// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { PublicJwk } from '@nervus/contracts';
import { decodeBase64url } from './base64url.js';
import { digestOf } from './digest.js';
import { VerificationError } from './errors.js';

/**
 * Takes an unknown value as a public P-256 key with the required members only. Coordinates must be canonical and on
 * the curve.
 * @throws VerificationError `jwk_malformed`
 */
export function parsePublicJwk(value: unknown): PublicJwk {
  const members = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  const { kty, crv, x, y } = members;
  if (Object.keys(members).length !== 4 || kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string') {
    throw new VerificationError('jwk_malformed', 'expected a public P-256 JWK with exactly kty, crv, x and y');
  }
  const jwk: PublicJwk = { kty, crv, x, y };
  importPublicJwk(jwk);
  return jwk;
}

/** The public key of a JWK. @throws VerificationError `jwk_malformed` when its point is not on the curve or not canonical */
export function importPublicJwk(jwk: PublicJwk): KeyObject {
  try {
    decodeBase64url(jwk.x, 'x', 32);
    decodeBase64url(jwk.y, 'y', 32);
    return createPublicKey({ key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y }, format: 'jwk' });
  } catch (cause) {
    throw new VerificationError('jwk_malformed', 'the JWK is no point on P-256', {}, { cause });
  }
}

/** SHA-256 thumbprint of a public key (RFC 7638): its `kid` everywhere in Nervus, and `cnf.jkt`. */
export const thumbprintOf = ({ crv, kty, x, y }: PublicJwk): string => digestOf({ crv, kty, x, y });

/** The public JWK of a P-256 key object. @throws VerificationError `jwk_malformed` for any other key */
export function publicJwkOf(key: KeyObject): PublicJwk {
  const { kty, crv, x, y } = key.export({ format: 'jwk' });
  return parsePublicJwk({ kty, crv, x, y });
}
