// SPDX-License-Identifier: Apache-2.0
// Key rotation of GNAP: RFC 9635 section 7.3.1.1.
import type { Message } from './message.js';
import { verify } from './verify.js';
import type { VerificationPolicy, VerifiedSignature } from './verify.js';

/** Both halves of a rotation: the old key agrees, the new one proves possession. */
export interface VerifiedRotation {
  readonly old: VerifiedSignature;
  readonly new: VerifiedSignature;
}

/** A policy that names both keys; everything else is as for one signature. */
export interface RotationPolicy extends Omit<VerificationPolicy, 'keys' | 'tag'> {
  readonly oldKeys: VerificationPolicy['keys'];
  readonly newKeys: VerificationPolicy['keys'];
}

/**
 * Verifies a rotation request: the old key signs with the tag `gnap`; the new key signs with `gnap-rotate` and covers
 * the old signature and its input, so that neither can be lifted into another request.
 * @throws SignatureError
 */
export async function verifyRotation(message: Message, { oldKeys, newKeys, ...policy }: RotationPolicy): Promise<VerifiedRotation> {
  const old = await verify(message, { ...policy, keys: oldKeys, tag: 'gnap' });
  const required = [...(policy.required ?? ['@method', '@target-uri']), `"signature";key="${old.label}"`, `"signature-input";key="${old.label}"`];
  return { old, new: await verify(message, { ...policy, keys: newKeys, tag: 'gnap-rotate', required }) };
}
