// SPDX-License-Identifier: Apache-2.0

/** Why bytes are not the JSON that Nervus takes in. */
export type JsonErrorCode =
  | 'invalid_utf8'
  | 'syntax'
  | 'duplicate_key'
  | 'number_range'
  | 'lone_surrogate'
  | 'too_deep'
  | 'too_many_keys'
  /** The value has no JSON form: a function, a bigint, a Date, a cycle. */
  | 'not_json';

/** Refused JSON. Never retryable: the same bytes are refused again. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  readonly retryable = false;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: JsonErrorCode,
    message: string,
    /** Offset of the fault in the UTF-8 bytes; -1 where there are no bytes. */
    readonly position: number,
  ) {
    super(position < 0 ? message : `${message} at byte ${position}`);
    this.details = { position };
  }
}

/** Why something signed, sealed or pinned is not believed. */
export type VerificationErrorCode =
  /** Not canonical base64url, not three (or five) parts, or not the JSON object that it should hold. */
  | 'malformed'
  /** A header member that this profile refuses, another `alg` or another `typ`. */
  | 'header_refused'
  | 'jwk_malformed'
  | 'signature_invalid'
  /** The table does not know the key (yet). The only retryable one. */
  | 'unknown_key'
  | 'key_revoked'
  | 'key_expired'
  | 'key_not_yet_valid'
  /** Signed by a workload that has no business signing this. */
  | 'wrong_producer'
  | 'wrong_issuer'
  | 'wrong_audience'
  /** Lives longer than its kind may. */
  | 'lifetime'
  | 'expired'
  | 'not_yet_valid'
  /** A signed record without its number, signature or path, or with a header that cannot be signed. */
  | 'record_malformed'
  /** Larger than the log holds. */
  | 'too_large'
  | 'bundle_malformed'
  /** The bundle is not the one that the configuration pins. */
  | 'bundle_not_pinned'
  | 'root_proof_invalid'
  /** Sealed for another key, or changed on the way. */
  | 'undecryptable'
  /** The proof of possession is for another request, token or key. */
  | 'proof_mismatch';

/** Something that must not be believed or cannot be made. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError';
  readonly retryable: boolean;

  constructor(
    readonly code: VerificationErrorCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.retryable = code === 'unknown_key';
  }
}
