// SPDX-License-Identifier: Apache-2.0
// DPoP (RFC 9449): the sender of a token proves the key that the token is bound to, for one request.
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { Sha256 } from '@nervus/contracts';
import { canonicalize } from './canonical-json.js';
import { digestOfBytes } from './digest.js';
import { VerificationError } from './errors.js';
import { importPublicJwk, parsePublicJwk, thumbprintOf } from './jwk.js';
import { type JwsProfile, parseJsonObject, signJws, verifyJws } from './strict-jws.js';
import type { Es256Signer } from './workload-key.js';

const profile: JwsProfile = { typ: 'dpop+jwt', members: ['jwk'], kid: false, maxLength: 4096 };

const ProofClaims = Type.Object(
  {
    jti: Type.String({ minLength: 16, maxLength: 128 }),
    htm: Type.String({ minLength: 1, maxLength: 32 }),
    htu: Type.String({ minLength: 1, maxLength: 2048 }),
    iat: Type.Integer({ minimum: 0 }),
    ath: Type.Optional(Sha256),
    nonce: Type.Optional(Type.String({ maxLength: 256 })),
  },
  { additionalProperties: false },
);
const proofClaims = Compile(ProofClaims);

/** The request that a proof is made for. */
export interface DpopRequest {
  readonly method: string;
  /** Absolute URL; query and fragment do not count (RFC 9449 section 4.2). */
  readonly url: string;
  /** The access token that goes with it; without one the proof has no `ath`. */
  readonly accessToken?: string;
  /** Nonce that the server asked for. */
  readonly nonce?: string;
}

/**
 * Makes the value of the header `DPoP`.
 * @param id fresh for every request, 16 to 128 characters
 * @param now milliseconds since the epoch
 */
export function makeDpopProof(signer: Es256Signer, request: DpopRequest, id: string, now: number): string {
  const claims: Static<typeof ProofClaims> = {
    jti: id,
    htm: request.method,
    htu: targetOf(request.url),
    iat: Math.floor(now / 1000),
    ...(request.accessToken !== undefined && { ath: digestOfBytes(request.accessToken) }),
    ...(request.nonce !== undefined && { nonce: request.nonce }),
  };
  if (!proofClaims.Check(claims)) throw new VerificationError('malformed', 'no such DPoP proof can be made: the id has 16 to 128 characters, the URL at most 2048');
  return signJws(signer, profile, Buffer.from(canonicalize(claims)), { jwk: signer.publicJwk });
}

export interface DpopVerification {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Thumbprint that the token is bound to (`cnf.jkt`); undefined only where a token is asked for. */
  readonly thumbprint: string | undefined;
  /** Oldest proof taken, in seconds. @default 60 */
  readonly maxAgeSeconds?: number;
  /** How far `iat` may be ahead, in seconds. @default 5 */
  readonly maxAheadSeconds?: number;
}

/**
 * Verifies a proof. That its `jti` was not seen before is for the caller, until `forgetAfter`.
 * @throws VerificationError `malformed`, `header_refused`, `jwk_malformed`, `signature_invalid`, `proof_mismatch`,
 * `expired`, `not_yet_valid`
 */
export function verifyDpopProof(proof: string, request: DpopRequest, options: DpopVerification): { readonly jti: string; readonly thumbprint: string; readonly forgetAfter: number } {
  const { maxAgeSeconds = 60, maxAheadSeconds = 5, now } = options;
  const { header, payload } = verifyJws(proof, profile, ({ jwk }) => importPublicJwk(parsePublicJwk(jwk)));
  const thumbprint = thumbprintOf(parsePublicJwk(header['jwk']));
  const claims = parseJsonObject(payload, 'DPoP proof');
  if (!proofClaims.Check(claims)) throw new VerificationError('malformed', 'the DPoP proof does not have exactly its claims');
  const expected = { method: request.method, target: targetOf(request.url), ath: request.accessToken === undefined ? undefined : digestOfBytes(request.accessToken), nonce: request.nonce };
  if (options.thumbprint !== undefined && thumbprint !== options.thumbprint) throw mismatch('key', 'the token is bound to another key');
  if (claims.htm !== expected.method) throw mismatch('htm', `the proof is for ${claims.htm}`);
  if (targetOf(claims.htu) !== expected.target) throw mismatch('htu', `the proof is for ${claims.htu}`);
  if (claims.ath !== expected.ath) throw mismatch('ath', 'the proof is for another token');
  if (claims.nonce !== expected.nonce) throw mismatch('nonce', 'the proof answers another nonce');
  if (claims.iat * 1000 > now + maxAheadSeconds * 1000) throw new VerificationError('not_yet_valid', 'the DPoP proof is from the future');
  const forgetAfter = (claims.iat + maxAgeSeconds) * 1000;
  if (now >= forgetAfter) throw new VerificationError('expired', `the DPoP proof is older than ${maxAgeSeconds} seconds`);
  return { jti: claims.jti, thumbprint, forgetAfter };
}

const mismatch = (claim: string, message: string): VerificationError => new VerificationError('proof_mismatch', message, { claim });

/** Scheme, host and path as WHATWG URL writes them: lower case, no default port, no query, no fragment. */
function targetOf(url: string): string {
  if (!URL.canParse(url)) throw mismatch('htu', 'the URL is not absolute');
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
