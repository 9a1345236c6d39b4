// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { Sha256, SpiffeId, Uuid } from '@nervus/contracts';
import { canonicalize } from './canonical-json.js';
import { VerificationError } from './errors.js';
import { type JwsProfile, parseJsonObject, signJws, verifyJws } from './strict-jws.js';
import type { Es256Signer } from './workload-key.js';

const profile: JwsProfile = { typ: 'at+jwt', maxLength: 16_384 };
const Seconds = Type.Integer({ minimum: 0 });

/** Access given for one exact operation: GNAP `access` and RFC 9396 `authorization_details` in one form. */
export const AuthorizationDetail = Type.Object(
  { type: Type.Literal('nervus-tool'), actions: Type.Array(Type.String(), { minItems: 1, maxItems: 1 }), identifier: Uuid, locations: Type.Array(Type.String(), { minItems: 1, maxItems: 1 }) },
  { additionalProperties: false },
);

/** Claims of an access token (RFC 9068) bound to a key (RFC 7800, RFC 9449). Times in seconds. */
export const AccessToken = Type.Object(
  {
    iss: Type.String({ minLength: 1 }),
    /** SPIFFE ID of the agent on whose behalf it acts. */
    sub: SpiffeId,
    /** The one resource server that may take it. */
    aud: Type.String({ minLength: 1 }),
    client_id: Type.String({ minLength: 1 }),
    iat: Seconds,
    exp: Seconds,
    jti: Uuid,
    /** Thumbprint of the key whose holder alone can use it. */
    cnf: Type.Object({ jkt: Sha256 }, { additionalProperties: false }),
    /** Who acts: the workload that holds the token (RFC 8693 section 4.1). */
    act: Type.Object({ sub: SpiffeId }, { additionalProperties: false }),
    authorization_details: Type.Array(AuthorizationDetail, { minItems: 1, maxItems: 1 }),
  },
  { additionalProperties: false },
);
export type AccessToken = Static<typeof AccessToken>;

const accessToken = Compile(AccessToken);

/** Longest life of an access token, in seconds. */
export const maxAccessTokenSeconds = 300;

/** @throws VerificationError `malformed` or `lifetime` for claims that no verifier would take */
export function issueAccessToken(claims: AccessToken, signer: Es256Signer): string {
  return signJws(signer, profile, Buffer.from(canonicalize(checked(claims))));
}

export interface AccessTokenVerification {
  readonly issuer: string;
  readonly audience: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The issuer's keys by kid, from its JWKS. */
  readonly keyOf: (kid: string) => KeyObject | undefined;
  /** Seconds by which `iat` and `exp` are relaxed. @default 0 */
  readonly skewSeconds?: number;
}

/**
 * Verifies an access token. Its sender must still prove the key in `cnf`: see verifyDpopProof.
 * @throws VerificationError `malformed`, `header_refused`, `unknown_key`, `signature_invalid`, `wrong_issuer`,
 * `wrong_audience`, `lifetime`, `not_yet_valid`, `expired`
 */
export function verifyAccessToken(compact: string, { issuer, audience, now, keyOf, skewSeconds = 0 }: AccessTokenVerification): AccessToken {
  const { payload } = verifyJws(compact, profile, ({ kid }) => (kid === undefined ? undefined : keyOf(kid)));
  const claims = checked(parseJsonObject(payload, 'access token'));
  const { jti } = claims;
  if (claims.iss !== issuer) throw new VerificationError('wrong_issuer', `the token is by ${claims.iss}, expected ${issuer}`, { jti });
  if (claims.aud !== audience) throw new VerificationError('wrong_audience', `the token is for ${claims.aud}, expected ${audience}`, { jti });
  const skewMs = skewSeconds * 1000;
  if (now + skewMs < claims.iat * 1000) throw new VerificationError('not_yet_valid', 'the token is from the future', { jti });
  if (now - skewMs >= claims.exp * 1000) throw new VerificationError('expired', `the token expired at ${new Date(claims.exp * 1000).toISOString()}`, { jti });
  return claims;
}

function checked(claims: unknown): AccessToken {
  if (!accessToken.Check(claims)) throw new VerificationError('malformed', 'the access token does not have exactly its claims');
  const life = claims.exp - claims.iat;
  if (life <= 0 || life > maxAccessTokenSeconds) throw new VerificationError('lifetime', `the token lives ${life} seconds, the limit is ${maxAccessTokenSeconds}`, { jti: claims.jti });
  return claims;
}
