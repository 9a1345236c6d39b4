// SPDX-License-Identifier: Apache-2.0
// The one place where signatures touch the platform (RFC 8032 through node:crypto).
import { createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** A private Ed25519 key as node:crypto holds it. */
export type Ed25519PrivateKey = KeyObject;

/** Bytes in a public key. */
export const publicKeySize = 32;
/** Bytes in a signature. */
export const signatureSize = 64;

/** A check with one public key, prepared once. */
export function ed25519Verifier(publicKey: Uint8Array): (message: Uint8Array, signature: Uint8Array) => boolean {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }, format: 'jwk' });
  return (message, signature) => signature.length === signatureSize && verify(null, message, key, signature);
}

/** Signs the message itself, not a digest of it. */
export function ed25519Sign(privateKey: Ed25519PrivateKey, message: Uint8Array): Uint8Array {
  return sign(null, message, privateKey);
}

/** The 32 bytes of the public key, `undefined` when the key is not Ed25519. */
export function ed25519PublicKey(privateKey: Ed25519PrivateKey): Uint8Array | undefined {
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
  return jwk.crv === 'Ed25519' && jwk.x !== undefined ? Buffer.from(jwk.x, 'base64url') : undefined;
}
