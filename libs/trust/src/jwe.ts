// SPDX-License-Identifier: Apache-2.0
// Compact JWE (RFC 7516) to one P-256 key: ECDH-ES with A256GCM and nothing else. jose does the work; it accepts more
// spellings than one, so that it sees only what passed the checks here.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import type { PublicJwk } from '@nervus/contracts';
import { base64url, decodeBase64url } from './base64url.js';
import { VerificationError } from './errors.js';
import { importPublicJwk, parsePublicJwk, publicJwkOf, thumbprintOf } from './jwk.js';
import type { JsonValue } from './strict-json.js';
import { parseJsonObject } from './strict-jws.js';
import { importPrivateJwk, type PrivateJwk } from './workload-key.js';

/** What the two sides agree on beside the keys; all of it is authenticated. */
export interface JweContext {
  /** Agreement PartyUInfo: who encrypts. */
  readonly apu: string;
  /** Agreement PartyVInfo: who may decrypt, such as the requester's kid. */
  readonly apv: string;
  /** Further members of the protected header, such as a correlation id; text only. */
  readonly header?: Readonly<Record<string, string>>;
}

/** Members that are ours to set, and those that would change how the content is read or bring keys along. */
const reserved = new Set(['alg', 'enc', 'epk', 'apu', 'apv', 'kid', 'zip', 'crit', 'jku', 'jwk', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'b64']);
const maxHeaderLength = 2048;
const maxLength = 256 * 1024;

/** Encrypts to the holder of a public key; the header names that key by its thumbprint. */
export async function encryptJwe(plaintext: Uint8Array, recipient: PublicJwk, context: JweContext): Promise<string> {
  const clash = Object.keys(context.header ?? {}).find((name) => reserved.has(name));
  if (clash !== undefined) throw new TypeError(`the JWE header member "${clash}" cannot be set`);
  return new CompactEncrypt(plaintext)
    .setProtectedHeader({ ...context.header, alg: 'ECDH-ES', enc: 'A256GCM', kid: thumbprintOf(recipient) })
    .setKeyManagementParameters({ apu: Buffer.from(context.apu), apv: Buffer.from(context.apv) })
    .encrypt(importPublicJwk(recipient));
}

/** A private key that others encrypt to; its private part cannot be taken out. */
export class DecryptionKey {
  readonly kid: string;
  readonly publicJwk: PublicJwk;
  readonly #privateKey: KeyObject;

  private constructor(privateKey: KeyObject, publicJwk: PublicJwk) {
    this.#privateKey = privateKey;
    this.publicJwk = publicJwk;
    this.kid = thumbprintOf(publicJwk);
  }

  /** A new key for one request. */
  static generate(): DecryptionKey {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return new DecryptionKey(privateKey, publicJwkOf(publicKey));
  }

  /** @throws VerificationError `jwk_malformed` */
  static fromPrivateJwk(jwk: PrivateJwk): DecryptionKey {
    return new DecryptionKey(importPrivateJwk(jwk), { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y });
  }

  /**
   * Decrypts what was encrypted to this key in exactly this context.
   * @throws VerificationError `malformed`, `header_refused`, `undecryptable`
   */
  async decrypt(compact: string, context: JweContext): Promise<Buffer> {
    this.checkHeader(readJweHeader(compact), context);
    try {
      const { plaintext } = await compactDecrypt(compact, this.#privateKey, { keyManagementAlgorithms: ['ECDH-ES'], contentEncryptionAlgorithms: ['A256GCM'] });
      return Buffer.from(plaintext);
    } catch (cause) {
      // One answer for every reason: which check failed is nobody's business.
      throw new VerificationError('undecryptable', 'the JWE is not for this key, or was changed on the way', { kid: this.kid }, { cause });
    }
  }

  private checkHeader(header: Readonly<Record<string, JsonValue>>, context: JweContext): void {
    const expected: Readonly<Record<string, string>> = { ...context.header, alg: 'ECDH-ES', enc: 'A256GCM', kid: this.kid, apu: base64url(Buffer.from(context.apu)), apv: base64url(Buffer.from(context.apv)) };
    for (const [name, value] of Object.entries(expected)) {
      if (header[name] !== value) throw new VerificationError('header_refused', `the JWE header has another "${name}" than expected`, { member: name });
    }
    const refused = Object.keys(header).find((name) => name !== 'epk' && !Object.hasOwn(expected, name));
    if (refused !== undefined) throw new VerificationError('header_refused', `the JWE header member "${refused}" is refused`, { member: refused });
    parsePublicJwk(header['epk']);
  }
}

/**
 * The protected header of a compact JWE, before it is decrypted: authentic only if decryption succeeds.
 * @throws VerificationError `malformed`
 */
export function readJweHeader(compact: string): Readonly<Record<string, JsonValue>> {
  if (compact.length > maxLength) throw new VerificationError('malformed', `the JWE has ${compact.length} characters, the limit is ${maxLength}`);
  const [header, key, iv, ciphertext, tag, ...rest] = compact.split('.');
  if (!header || key !== '' || !iv || ciphertext === undefined || !tag || rest.length > 0) throw new VerificationError('malformed', 'expected a compact JWE of five parts, the second empty');
  if (header.length > maxHeaderLength) throw new VerificationError('malformed', `the JWE header has ${header.length} characters, the limit is ${maxHeaderLength}`);
  decodeBase64url(iv, 'JWE initialisation vector', 12);
  decodeBase64url(ciphertext, 'JWE ciphertext');
  decodeBase64url(tag, 'JWE tag', 16);
  return parseJsonObject(decodeBase64url(header, 'JWE header'), 'JWE header');
}
