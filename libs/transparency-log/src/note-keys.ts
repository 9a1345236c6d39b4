// SPDX-License-Identifier: Apache-2.0
// The keys of c2sp.org/signed-note (type 0x01) and of the witnesses of c2sp.org/tlog-cosignature (type 0x04).
import { base64, decodeBase64, hex, joinBytes, utf8 } from './bytes.js';
import { ed25519PublicKey, ed25519Sign, ed25519Verifier, publicKeySize } from './ed25519.js';
import type { Ed25519PrivateKey } from './ed25519.js';
import { FormatError } from './errors.js';
import { sha256 } from './sha256.js';

/** The signature type bytes that are supported here. */
export const signatureTypes = { ed25519: 0x01, cosignature: 0x04 } as const;
export type SignatureType = (typeof signatureTypes)[keyof typeof signatureTypes];

/** A public key that may sign notes; name and key id together identify it. */
export interface NoteVerifier {
  readonly name: string;
  readonly keyId: number;
  readonly type: SignatureType;
  readonly publicKey: Uint8Array;
  /** Whether the signature (without its key id) is by this key over the text. */
  verify(text: string, signature: Uint8Array): boolean;
}

/** Signs notes; asynchronous so that the key may live in an external key service. */
export interface NoteSigner {
  readonly name: string;
  readonly keyId: number;
  /** The public key in the form that verifiers are configured with. */
  readonly verifierKey: string;
  /** The signature over the text, without the key id. */
  sign(text: string): Uint8Array | Promise<Uint8Array>;
}

/** The first four bytes of SHA-256(name, newline, type, public key), big-endian. */
export function noteKeyId(name: string, type: SignatureType, publicKey: Uint8Array): number {
  const digest = sha256(joinBytes([utf8(`${name}\n`), Uint8Array.of(type), publicKey]));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0);
}

/** A verifier key in text: `<name>+<key id in hex>+<base64(type, public key)>`. */
export function formatVerifierKey(name: string, type: SignatureType, publicKey: Uint8Array): string {
  return `${name}+${noteKeyId(name, type, publicKey).toString(16).padStart(8, '0')}+${base64(joinBytes([Uint8Array.of(type), publicKey]))}`;
}

/**
 * Reads a verifier key (vkey).
 * @throws FormatError `key_malformed`, also for key types that are not supported (ECDSA, ML-DSA)
 */
export function noteVerifier(vkey: string): NoteVerifier {
  // The name holds no plus, base64 may.
  const [, name = '', id = '', encoded = ''] = /^([^+]*)\+([^+]*)\+(.*)$/.exec(vkey) ?? [];
  const key = decodeBase64(encoded);
  if (!isKeyName(name) || !/^[0-9a-f]{8}$/.test(id) || !key) throw new FormatError('key_malformed', `"${vkey}" is not a verifier key: expected <name>+<8 hex digits>+<base64>`, { vkey });
  const type = Object.values(signatureTypes).find((known) => known === key[0]);
  if (type === undefined || key.length !== 1 + publicKeySize) {
    throw new FormatError('key_malformed', `the verifier key of "${name}" has type ${key[0]} and ${key.length - 1} key bytes: supported are Ed25519 notes (1) and cosignatures (4) with ${publicKeySize}`, { vkey });
  }
  const publicKey = key.subarray(1);
  const keyId = noteKeyId(name, type, publicKey);
  if (keyId !== Number.parseInt(id, 16)) throw new FormatError('key_malformed', `the verifier key of "${name}" has the key id ${id}, expected ${keyId.toString(16).padStart(8, '0')}: name or key was changed`, { vkey });
  const check = ed25519Verifier(publicKey);
  return type === signatureTypes.ed25519
    ? { name, keyId, type, publicKey, verify: (text, signature) => check(utf8(text), signature) }
    : { name, keyId, type, publicKey, verify: (text, signature) => checkCosignature(check, text, signature) };
}

/** A log's own signing key (type 0x01). @throws FormatError `key_malformed` when the name or the key does not fit */
export function noteSigner(name: string, privateKey: Ed25519PrivateKey): NoteSigner {
  return { ...signerIdentity(name, signatureTypes.ed25519, privateKey), sign: (text) => ed25519Sign(privateKey, utf8(text)) };
}

/**
 * A witness's signing key (type 0x04).
 * @param unixSeconds the clock: the time goes into every cosignature
 */
export function cosigner(name: string, privateKey: Ed25519PrivateKey, unixSeconds: () => number): NoteSigner {
  return {
    ...signerIdentity(name, signatureTypes.cosignature, privateKey),
    sign(text) {
      const time = new Uint8Array(8);
      const seconds = Math.floor(unixSeconds());
      new DataView(time.buffer).setBigUint64(0, BigInt(seconds));
      return joinBytes([time, ed25519Sign(privateKey, cosignedMessage(seconds, text))]);
    },
  };
}

/** The POSIX time in seconds that a cosignature states; call it on verified signatures only. */
export function cosignatureTime(signature: Uint8Array): number {
  return Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0));
}

/** Key names are not empty and hold neither Unicode spaces nor plus signs. */
export function isKeyName(name: string): boolean {
  return name.length > 0 && !/[\p{White_Space}+]/u.test(name);
}

function checkCosignature(check: (message: Uint8Array, signature: Uint8Array) => boolean, text: string, signature: Uint8Array): boolean {
  if (signature.length < 8) return false;
  const seconds = cosignatureTime(signature);
  return Number.isSafeInteger(seconds) && check(cosignedMessage(seconds, text), signature.subarray(8));
}

function cosignedMessage(seconds: number, text: string): Uint8Array {
  return utf8(`cosignature/v1\ntime ${seconds}\n${text}`);
}

function signerIdentity(name: string, type: SignatureType, privateKey: Ed25519PrivateKey): Omit<NoteSigner, 'sign'> {
  const publicKey = ed25519PublicKey(privateKey);
  if (!publicKey) throw new FormatError('key_malformed', `the signing key of "${name}" is not an Ed25519 key`);
  if (!isKeyName(name)) throw new FormatError('key_malformed', `"${name}" is not a key name: it must not be empty nor hold spaces or plus signs`, { name, publicKey: hex(publicKey) });
  return { name, keyId: noteKeyId(name, type, publicKey), verifierKey: formatVerifierKey(name, type, publicKey) };
}
