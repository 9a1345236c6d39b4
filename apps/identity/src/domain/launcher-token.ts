// SPDX-License-Identifier: Apache-2.0
import { importPublicJwk, type JwsProfile, parseJsonObject, readJws, thumbprintOf, VerificationError, verifyJws } from '@nervus/trust';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { TrustRule } from './trust-rules.js';

/** Longest life of a launcher's token, in seconds, and how far clocks may differ. */
const longestLife = 120;
const skew = 60;

export const launcherTokenProfile: JwsProfile = { typ: 'nervus-launcher+jwt', maxLength: 4096 };

const Claims = Type.Object({
  iss: Type.String({ maxLength: 500 }),
  sub: Type.String({ maxLength: 255 }),
  aud: Type.String({ maxLength: 255 }),
  jti: Type.String({ minLength: 16, maxLength: 64 }),
  iat: Type.Integer(),
  exp: Type.Integer(),
});

/** A token whose signature and times are good; whether a rule fits is asked afterwards. */
export interface LauncherToken {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  /** May be used once. */
  readonly jti: string;
}

/**
 * Verifies the evidence of a process on a developer's machine: a short JWT by the launcher, under a key that a rule for
 * its issuer names.
 * @param nowMs milliseconds since the epoch
 * @throws VerificationError `malformed`, `wrong_issuer`, `unknown_key`, `signature_invalid`, `lifetime`, `expired`, `not_yet_valid`
 */
export function verifyLauncherToken(compact: string, rules: readonly TrustRule[], nowMs: number): LauncherToken {
  const claims = parseJsonObject(readJws(compact, launcherTokenProfile).payload, 'launcher token');
  if (!Value.Check(Claims, claims)) throw new VerificationError('malformed', 'the token lacks iss, sub, aud, jti, iat or exp, or they have another form');
  const keys = rules.filter((rule) => rule.issuer === claims.iss).flatMap((rule) => rule.keys);
  if (keys.length === 0) throw new VerificationError('wrong_issuer', `no trust rule names the issuer "${claims.iss}"`, { issuer: claims.iss });
  verifyJws(compact, launcherTokenProfile, ({ kid }) => {
    const key = keys.find((candidate) => thumbprintOf(candidate) === kid);
    if (!key) throw new VerificationError('wrong_issuer', `the issuer "${claims.iss}" has no key ${kid ?? '(none named)'}`, { issuer: claims.iss });
    return importPublicJwk(key);
  });
  const now = nowMs / 1000;
  if (claims.exp - claims.iat > longestLife) throw new VerificationError('lifetime', `the token lives ${claims.exp - claims.iat} s; at most ${longestLife} s are taken`);
  if (claims.exp + skew <= now) throw new VerificationError('expired', `the token expired ${Math.round(now - claims.exp)} s ago: the process needs a fresh one`);
  if (claims.iat - skew > now) throw new VerificationError('not_yet_valid', `the token is from ${Math.round(claims.iat - now)} s ahead: check the clocks`);
  return { issuer: claims.iss, subject: claims.sub, audience: claims.aud, jti: claims.jti };
}
