// SPDX-License-Identifier: Apache-2.0
// Compact JWS (RFC 7515) with one spelling: three canonical base64url parts, ES256 only, `typ` pinned by the caller,
// and no header member that could change what is verified or with which key.
import type { KeyObject } from 'node:crypto';
import { base64url, decodeBase64url } from './base64url.js';
import { canonicalize } from './canonical-json.js';
import { VerificationError } from './errors.js';
import { verifyEs256 } from './es256.js';
import { type JsonValue, parseStrictJson } from './strict-json.js';
import type { Es256Signer } from './workload-key.js';

/** What a kind of JWS must look like. */
export interface JwsProfile {
  /** The exact `typ`. */
  readonly typ: string;
  /** Members that must stand beside `alg`, `typ` and, unless `kid` is false, `kid`. All others are refused. */
  readonly members?: readonly string[];
  /** False for a profile whose key stands elsewhere, such as DPoP. @default true */
  readonly kid?: boolean;
  /** Characters of the whole JWS. @default 65536 */
  readonly maxLength?: number;
}

export type JwsHeader = Readonly<Record<string, JsonValue>> & { readonly alg: 'ES256'; readonly typ: string; readonly kid?: string };

/** A JWS that has its form; nothing in it is proved. */
export interface UnverifiedJws {
  readonly header: JwsHeader;
  readonly payload: Buffer;
  readonly signature: Buffer;
  readonly signingInput: string;
}

export interface VerifiedJws {
  readonly header: JwsHeader;
  readonly payload: Buffer;
}

/** Finds the key for a header; `undefined` when it is not known (yet). May throw a VerificationError of its own. */
export type KeyOf = (header: JwsHeader) => KeyObject | undefined;

/** Signs a payload: protected header `{alg, kid, typ, ...members}` in JCS form. */
export function signJws(signer: Es256Signer, profile: JwsProfile, payload: Uint8Array, members: Readonly<Record<string, unknown>> = {}): string {
  const [header, signature] = signed(signer, profile, payload, members);
  return `${header}.${base64url(payload)}.${signature}`;
}

/** Signs a payload that travels elsewhere (RFC 7515 appendix F): the middle part is empty. */
export function signDetachedJws(signer: Es256Signer, profile: JwsProfile, payload: Uint8Array, members: Readonly<Record<string, unknown>> = {}): string {
  const [header, signature] = signed(signer, profile, payload, members);
  return `${header}..${signature}`;
}

function signed(signer: Es256Signer, profile: JwsProfile, payload: Uint8Array, members: Readonly<Record<string, unknown>>): [header: string, signature: string] {
  const kid = profile.kid === false ? undefined : signer.kid;
  const header = base64url(Buffer.from(canonicalize({ ...members, alg: 'ES256', kid, typ: profile.typ })));
  return [header, base64url(signer.sign(Buffer.from(`${header}.${base64url(payload)}`)))];
}

/**
 * Verifies a compact JWS and returns what it says.
 * @throws VerificationError `malformed`, `header_refused`, `unknown_key`, `signature_invalid`
 */
export function verifyJws(compact: string, profile: JwsProfile, keyOf: KeyOf): VerifiedJws {
  return verified(readJws(compact, profile), keyOf);
}

/** Verifies a detached JWS over this payload. @throws as {@link verifyJws} */
export function verifyDetachedJws(detached: string, payload: Uint8Array, profile: JwsProfile, keyOf: KeyOf): VerifiedJws {
  return verified(readDetachedJws(detached, payload, profile), keyOf);
}

/** Verifies the signature of a JWS that was read before. */
export const verifiesJws = (jws: UnverifiedJws, key: KeyObject): boolean => verifyEs256(key, Buffer.from(jws.signingInput), jws.signature);

function verified(jws: UnverifiedJws, keyOf: KeyOf): VerifiedJws {
  const key = keyOf(jws.header);
  if (!key) throw new VerificationError('unknown_key', `key ${jws.header.kid} is not known: wait until the table has it`, { kid: jws.header.kid });
  if (!verifiesJws(jws, key)) throw new VerificationError('signature_invalid', `the ${jws.header.typ} is not signed by key ${jws.header.kid}`, { kid: jws.header.kid });
  return { header: jws.header, payload: jws.payload };
}

/** Reads a compact JWS without believing it. @throws VerificationError `malformed` or `header_refused` */
export function readJws(compact: string, profile: JwsProfile): UnverifiedJws {
  const [header, payload, signature] = threeParts(compact, profile);
  return { header: readHeader(header, profile), payload: decodeBase64url(payload, 'JWS payload'), signature: decodeBase64url(signature, 'JWS signature', 64), signingInput: `${header}.${payload}` };
}

/** Reads a detached JWS over this payload without believing it. @throws VerificationError `malformed` or `header_refused` */
export function readDetachedJws(detached: string, payload: Uint8Array, profile: JwsProfile): UnverifiedJws {
  const [header, middle, signature] = threeParts(detached, profile);
  if (middle !== '') throw new VerificationError('malformed', 'a detached JWS has an empty middle part');
  return { header: readHeader(header, profile), payload: Buffer.from(payload), signature: decodeBase64url(signature, 'JWS signature', 64), signingInput: `${header}.${base64url(payload)}` };
}

function threeParts(compact: string, profile: JwsProfile): [string, string, string] {
  const maxLength = profile.maxLength ?? 65_536;
  if (compact.length > maxLength) throw new VerificationError('malformed', `the JWS has ${compact.length} characters, the limit is ${maxLength}`);
  const [header, payload, signature, ...rest] = compact.split('.');
  if (!header || payload === undefined || !signature || rest.length > 0) throw new VerificationError('malformed', 'a compact JWS has exactly three parts');
  return [header, payload, signature];
}

function readHeader(part: string, profile: JwsProfile): JwsHeader {
  const header = parseJsonObject(decodeBase64url(part, 'JWS header'), 'JWS header');
  const expected = ['alg', 'typ', ...(profile.kid === false ? [] : ['kid']), ...(profile.members ?? [])];
  const refused = Object.keys(header).find((name) => !expected.includes(name));
  if (refused !== undefined) throw new VerificationError('header_refused', `the JWS header member "${refused}" is refused`, { member: refused });
  const missing = expected.find((name) => !Object.hasOwn(header, name));
  if (missing !== undefined) throw new VerificationError('header_refused', `the JWS header lacks "${missing}"`, { member: missing });
  if (header['alg'] !== 'ES256') throw new VerificationError('header_refused', `the JWS has alg ${JSON.stringify(header['alg'])}, expected "ES256"`);
  if (header['typ'] !== profile.typ) throw new VerificationError('header_refused', `the JWS has typ ${JSON.stringify(header['typ'])}, expected "${profile.typ}"`);
  if (profile.kid !== false && typeof header['kid'] !== 'string') throw new VerificationError('header_refused', 'the JWS kid is not a string');
  return header as JwsHeader;
}

/** Strict JSON that must be an object. @throws VerificationError `malformed` */
export function parseJsonObject(bytes: Uint8Array | string, what: string): Readonly<Record<string, JsonValue>> {
  let value: JsonValue;
  try {
    value = parseStrictJson(bytes);
  } catch (cause) {
    throw new VerificationError('malformed', `the ${what} is not strict JSON`, {}, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new VerificationError('malformed', `the ${what} is not a JSON object`);
  return value as Readonly<Record<string, JsonValue>>;
}
