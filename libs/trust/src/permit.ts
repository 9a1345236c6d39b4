// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { PolicySetReference, Sha256, SpiffeId, Tier, Uuid } from '@nervus/contracts';
import { canonicalize } from './canonical-json.js';
import { VerificationError } from './errors.js';
import { type JwsProfile, parseJsonObject, signJws, verifyJws } from './strict-jws.js';
import type { Workload, WorkloadDirectory } from './workload-directory.js';
import type { Es256Signer } from './workload-key.js';

const profile: JwsProfile = { typ: 'nervus-permit+jwt', maxLength: 8192 };

/** Seconds since the epoch (RFC 7519 NumericDate). */
const Seconds = Type.Integer({ minimum: 0 });

/** The single-use, expiring capability inside a permitted decision (trust.md section 2). Times in seconds. */
export const Permit = Type.Object(
  {
    iss: SpiffeId,
    aud: Type.Union([Type.Literal('action'), Type.Literal('identity')]),
    jti: Uuid,
    /** SPIFFE ID of the agent. */
    sub: SpiffeId,
    /** Action digest. */
    act: Sha256,
    /** Action id. */
    aid: Uuid,
    tier: Tier,
    /** Policy set that the action was ruled under. */
    pol: PolicySetReference,
    /** Request and revision that people approved; absent when the ruling was automatic. */
    req: Type.Optional(Type.Object({ id: Uuid, rev: Type.Integer({ minimum: 1 }) }, { additionalProperties: false })),
    /** Hash of the evidence that they were shown; never absent beside `req`. */
    evd: Type.Optional(Sha256),
    /** Stop epoch seen when it was issued. */
    stp: Type.Integer({ minimum: 0 }),
    nbf: Seconds,
    exp: Seconds,
    use: Type.Literal(1),
  },
  { additionalProperties: false },
);
export type Permit = Static<typeof Permit>;

const permit = Compile(Permit);

/** How far approval's clock may be from the one by which its key's life is told, in milliseconds. */
export const permitSkewMs = 60_000;

/** Longest life of a permit in seconds: 5 minutes for tiers 0 and 1, 15 for 2 and 3. */
export const maxPermitSeconds = (tier: Tier): number => (tier < 2 ? 300 : 900);

/** @throws VerificationError `malformed` or `lifetime` for claims that no verifier would take */
export function issuePermit(claims: Permit, signer: Es256Signer): string {
  return signJws(signer, profile, Buffer.from(canonicalize(checked(claims))));
}

export interface PermitVerification {
  readonly directory: WorkloadDirectory;
  readonly audience: Permit['aud'];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Seconds by which `nbf` and `exp` are relaxed. @default 0 */
  readonly skewSeconds?: number;
}

/**
 * Verifies a permit and returns its claims. That it is used once is for the caller, by `jti`.
 * A key that expired or rotated since leaves its permits good until their own `exp`; one that was revoked does not.
 * @throws VerificationError `unknown_key` (retryable: hold), `key_revoked`, `key_expired`, `key_not_yet_valid`,
 * `wrong_producer`, `wrong_issuer`, `wrong_audience`, `lifetime`, `not_yet_valid`, `expired`, `signature_invalid`,
 * `malformed`, `header_refused`
 */
export function verifyPermit(compact: string, { directory, audience, now, skewSeconds = 0 }: PermitVerification): Permit {
  let signer: Workload | undefined;
  const { payload } = verifyJws(compact, profile, ({ kid }) => {
    signer = kid === undefined ? undefined : directory.find(kid);
    return signer?.publicKey;
  });
  const claims = checked(parseJsonObject(payload, 'permit'));
  if (!signer) throw new VerificationError('unknown_key', 'the permit names no key');
  checkSigner(signer, claims, directory, now);
  if (claims.aud !== audience) throw new VerificationError('wrong_audience', `the permit is for ${claims.aud}, expected ${audience}`, { jti: claims.jti });
  const skewMs = skewSeconds * 1000;
  if (now + skewMs < claims.nbf * 1000) throw new VerificationError('not_yet_valid', `the permit is valid from ${iso(claims.nbf)}`, { jti: claims.jti });
  if (now - skewMs >= claims.exp * 1000) throw new VerificationError('expired', `the permit expired at ${iso(claims.exp)}`, { jti: claims.jti });
  return claims;
}

function checkSigner(signer: Workload, claims: Permit, directory: WorkloadDirectory, now: number): void {
  const { kid } = signer;
  // Judged at issue: a key that had already ended cannot have signed it, and one that ended since still did.
  const judgement = directory.judge(kid, { producers: ['approval'], appendedAt: issuedAt(claims, signer) });
  if (judgement.state === 'refused') throw new VerificationError(judgement.code, `the permit is not good: ${judgement.detail}`, { kid, jti: claims.jti });
  const revokedAt = directory.revokedAt(kid);
  if (revokedAt !== undefined && now >= revokedAt) throw new VerificationError('key_revoked', `the key that signed the permit was revoked at ${new Date(revokedAt).toISOString()}`, { kid, jti: claims.jti });
  if (claims.iss !== signer.spiffeId) throw new VerificationError('wrong_issuer', `the permit names ${claims.iss} as its issuer, the key belongs to ${signer.spiffeId}`, { kid, jti: claims.jti });
}

/** When the permit was issued; a little outside its key's life it counts as inside, since `nbf` is by approval's clock in whole seconds and the key's life by identity's. */
function issuedAt(claims: Permit, signer: Workload): number {
  const at = claims.nbf * 1000;
  const inside = Math.min(Math.max(at, signer.notBefore), signer.notAfter - 1);
  return Math.abs(at - inside) <= permitSkewMs ? inside : at;
}

function checked(claims: unknown): Permit {
  if (!permit.Check(claims)) throw new VerificationError('malformed', 'the permit does not have exactly its claims');
  if (claims.req && claims.evd === undefined) throw new VerificationError('malformed', 'a permit that people approved names the evidence that they were shown');
  const life = claims.exp - claims.nbf;
  if (life <= 0 || life > maxPermitSeconds(claims.tier)) throw new VerificationError('lifetime', `the permit lives ${life} seconds, tier ${claims.tier} allows ${maxPermitSeconds(claims.tier)}`, { jti: claims.jti });
  return claims;
}

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
