// SPDX-License-Identifier: Apache-2.0
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { Instant, Kid, SpiffeId, type WorkloadChanged } from '@nervus/contracts';
import { canonicalize } from './canonical-json.js';
import { VerificationError } from './errors.js';
import { importPublicJwk, thumbprintOf } from './jwk.js';
import { type JwsProfile, parseJsonObject, signJws, verifyJws } from './strict-jws.js';
import type { TrustBundle } from './trust-bundle.js';
import type { Es256Signer } from './workload-key.js';

const profile: JwsProfile = { typ: 'nervus-root+jws', maxLength: 2048 };

/** What the root says about one of identity's own keys. */
const RootClaims = Type.Object({ kid: Kid, spiffeId: SpiffeId, service: Type.Literal('identity'), jkt: Kid, notBefore: Instant, notAfter: Instant }, { additionalProperties: false });
const rootClaims = Compile(RootClaims);

/** The part of a workload entry that the root vouches for. */
export type RootProved = Pick<WorkloadChanged, 'kid' | 'spiffeId' | 'service' | 'jwk' | 'notBefore' | 'notAfter'>;

const claimsOf = ({ kid, spiffeId, service, jwk, notBefore, notAfter }: RootProved): Record<string, unknown> => ({ kid, spiffeId, service, jkt: thumbprintOf(jwk), notBefore, notAfter });

/** Vouches for one of identity's own keys: the value of `rootProof` in its workload entry. */
export function issueRootProof(entry: RootProved, root: Es256Signer): string {
  return signJws(root, profile, Buffer.from(canonicalize(claimsOf(entry))));
}

/**
 * Holds an entry of identity to the proof that it carries.
 * @throws VerificationError `root_proof_invalid` when it is not by a root of the bundle, or is about something else
 */
export function verifyRootProof(proof: string, entry: RootProved, bundle: TrustBundle): void {
  try {
    const { payload } = verifyJws(proof, profile, ({ kid }) => {
      const root = bundle.rootKeys.find((candidate) => thumbprintOf(candidate) === kid);
      return root && importPublicJwk(root);
    });
    const claims = parseJsonObject(payload, 'root proof');
    if (rootClaims.Check(claims) && canonicalize(claims) === canonicalize(claimsOf(entry))) return;
  } catch (cause) {
    if (!(cause instanceof VerificationError)) throw cause;
    throw new VerificationError('root_proof_invalid', `the root proof of ${entry.kid} is not by a root of the pinned bundle`, { kid: entry.kid }, { cause });
  }
  throw new VerificationError('root_proof_invalid', `the root proof of ${entry.kid} is about another key, name or time than its entry`, { kid: entry.kid });
}
