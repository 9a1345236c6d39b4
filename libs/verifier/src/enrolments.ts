// SPDX-License-Identifier: Apache-2.0
import type { EnrolmentRequested, PublicJwk } from '@nervus/contracts';
import { importPublicJwk, VerificationError, verifyJws } from '@nervus/trust';

/** The proof in a renewal: the key in force signs the thumbprint of the new one. */
const renewalProfile = { typ: 'nervus-renewal+jws' } as const;

/** A key of the history and whose it is. */
export interface KnownKey {
  readonly spiffeId: string;
  readonly publicJwk: PublicJwk;
}

/**
 * Whether an enrolment counts into the numbers of the process that it names. Anybody can write one; it counts when
 * identity has made its key known, or when a known key of the same workload asked for the new one.
 * @param producer SPIFFE ID that the record names as its source
 */
export function countsAsProducer({ kid, renewal }: Pick<EnrolmentRequested, 'kid' | 'renewal'>, producer: string, keyOf: (kid: string) => KnownKey | undefined): boolean {
  if (keyOf(kid)?.spiffeId === producer) return true;
  if (renewal === undefined) return false;
  try {
    let signer: KnownKey | undefined;
    const { payload } = verifyJws(renewal, renewalProfile, (header) => {
      signer = header.kid === undefined ? undefined : keyOf(header.kid);
      return signer && importPublicJwk(signer.publicJwk);
    });
    return signer?.spiffeId === producer && payload.toString('utf8') === kid;
  } catch (error) {
    if (error instanceof VerificationError) return false;
    throw error;
  }
}
