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

/** Which format the bytes do not have. */
export type FormatErrorCode = 'note_malformed' | 'key_malformed' | 'checkpoint_malformed' | 'log_proof_malformed' | 'policy_malformed' | 'bundle_malformed' | 'tile_malformed' | 'frontier_malformed';

/** Bytes that are not in the format they are read as. Never retryable. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  readonly retryable = false;

  constructor(
    readonly code: FormatErrorCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** Why a well-formed note is not trusted. */
export type TrustErrorCode =
  /** No signature by any key that is trusted here. */
  | 'note_untrusted'
  /** A signature line of a trusted key does not verify: somebody changed the text or the line. */
  | 'note_bad_signature'
  /** The signing key belongs to another log than the one the text speaks of. */
  | 'checkpoint_origin'
  /** Signed by the log, but not by enough witnesses. */
  | 'quorum_missing';

/** A note or checkpoint that must not be believed. Never retryable: fetch a newer one instead. */
export class TrustError extends Error {
  override readonly name = 'TrustError';
  readonly retryable = false;

  constructor(
    readonly code: TrustErrorCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** A tile or bundle that the tree of this size has and the reader has not. Retryable: it may be on its way. */
export class TileMissingError extends Error {
  override readonly name = 'TileMissingError';
  readonly code = 'tile_missing';
  readonly retryable = true;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(path: string) {
    super(`${path} is not there: a log of this size must serve it, or the full tile in its place`);
    this.details = { path };
  }
}
