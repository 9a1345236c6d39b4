// SPDX-License-Identifier: Apache-2.0

/** What can be wrong with a proof, in a word that programs can branch on. */
export type ProofErrorCode =
  /** An index, size or range that no tree has. */
  | 'proof_range'
  /** Too few or too many hashes for this index and size. */
  | 'proof_length'
  /** A hash that is not 32 bytes. */
  | 'hash_length'
  /** Everything has its shape, but the computed root is another one. */
  | 'root_mismatch';

/** A proof that does not prove what it claims. Never retryable: the same bytes are refused again. */
export class ProofError extends Error {
  override readonly name = 'ProofError';
  readonly retryable = false;

  constructor(
    readonly code: ProofErrorCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}
