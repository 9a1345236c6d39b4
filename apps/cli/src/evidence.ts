// SPDX-License-Identifier: Apache-2.0
import { canonicalize, digestOfBytes } from '@nervus/trust';
import type { Request } from './api.js';
import { exitCodes } from './exit-codes.js';
import { Failure } from './failure.js';

/**
 * Hashes what is shown, so that a verdict is about exactly that: evidence and digest must be those of this packet.
 * @throws Failure `evidence_mismatch`, `digest_mismatch`
 */
export function checkEvidence({ packet, evidenceHash }: Pick<Request, 'packet' | 'evidenceHash'>): void {
  const computed = digestOfBytes(canonicalize(packet));
  if (computed !== evidenceHash) throw new Failure('evidence_mismatch', `the evidence that the console sent has the hash ${computed}, its request names ${evidenceHash}: do not decide on it`, exitCodes.no);
  const digest = digestOfBytes(canonicalize(packet.action));
  if (digest !== packet.digest) throw new Failure('digest_mismatch', `the action that the console sent has the digest ${digest}, its request names ${packet.digest}: do not decide on it`, exitCodes.no);
}
