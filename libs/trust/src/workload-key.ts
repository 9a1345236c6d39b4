// SPDX-License-Identifier: Apache-2.0
import { createECDH, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { PublicJwk } from '@nervus/contracts';
import { decodeBase64url } from './base64url.js';
import { signEs256 } from './es256.js';
import { VerificationError } from './errors.js';
import { parsePublicJwk, publicJwkOf, thumbprintOf } from './jwk.js';

/** Signs with ES256 under a key known by its thumbprint; what every signing function here takes. */
export interface Es256Signer {
  /** RFC 7638 thumbprint of the key. */
  readonly kid: string;
  readonly publicJwk: PublicJwk;
  /** 64 bytes r || s. */
  sign(data: Uint8Array): Buffer;
}

/** A private P-256 key as JWK: only for the few keys that outlive a process, in files of mode 0600. */
export type PrivateJwk = PublicJwk & { readonly d: string };

/**
 * The ES256 key of one process (or, read from a file, the root key). The private part stays inside: there is no way to
 * export it, and printing or serialising the object shows the public part alone.
 */
export class WorkloadKey implements Es256Signer {
  readonly kid: string;
  readonly publicJwk: PublicJwk;
  readonly publicKey: KeyObject;
  readonly #privateKey: KeyObject;

  private constructor(privateKey: KeyObject) {
    this.#privateKey = privateKey;
    this.publicKey = createPublicKey(privateKey);
    this.publicJwk = publicJwkOf(this.publicKey);
    this.kid = thumbprintOf(this.publicJwk);
  }

  /** A new key that lives as long as this process. */
  static generate(): WorkloadKey {
    return new WorkloadKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  }

  /** @throws VerificationError `jwk_malformed` */
  static fromPrivateJwk(jwk: PrivateJwk): WorkloadKey {
    return new WorkloadKey(importPrivateJwk(jwk));
  }

  sign(data: Uint8Array): Buffer {
    return signEs256(this.#privateKey, data);
  }

  toJSON(): { readonly kid: string; readonly publicJwk: PublicJwk } {
    return { kid: this.kid, publicJwk: this.publicJwk };
  }
}

/** A new private P-256 key to be written to a file: root key, enrolment key, keys of the launcher. */
export function generatePrivateJwk(): PrivateJwk {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { d } = privateKey.export({ format: 'jwk' });
  if (d === undefined) throw new TypeError('node:crypto exported a private key without its d');
  return { ...publicJwkOf(createPublicKey(privateKey)), d };
}

/** @throws VerificationError `jwk_malformed` when it is no private P-256 key, or its halves do not fit */
export function importPrivateJwk(jwk: PrivateJwk): KeyObject {
  const { kty, crv, x, y, d } = jwk;
  try {
    parsePublicJwk({ kty, crv, x, y });
    // OpenSSL takes the public part as it is given, even that of another key: calculate it.
    const pair = createECDH('prime256v1');
    pair.setPrivateKey(decodeBase64url(d, 'd', 32));
    if (pair.getPublicKey('hex') === `04${decodeBase64url(x, 'x', 32).toString('hex')}${decodeBase64url(y, 'y', 32).toString('hex')}`) return createPrivateKey({ key: { kty, crv, x, y, d }, format: 'jwk' });
  } catch (cause) {
    throw new VerificationError('jwk_malformed', 'the JWK is no private P-256 key', {}, { cause });
  }
  throw new VerificationError('jwk_malformed', 'the private and the public part of the JWK do not fit');
}
