// SPDX-License-Identifier: Apache-2.0

/** Why a message is not accepted, or cannot be signed, in a word that programs can branch on. */
export type SignatureErrorCode =
  /** The message itself is not one that can be judged: request target, header names or values, missing content. */
  | 'message_malformed'
  /** A header that may occur once occurs more often: recipients would disagree on which one counts. */
  | 'header_repeated'
  /** No signature with the wanted tag by a known key. */
  | 'signature_missing'
  /** Signature or Signature-Input cannot be read, or repeats a label or a parameter. */
  | 'signature_malformed'
  | 'component_repeated'
  /** A covered component is not in the message. */
  | 'component_missing'
  /** A component or parameter that is not supported, or not for this kind of message. */
  | 'component_unsupported'
  /** A component that policy wants covered is not. */
  | 'coverage_insufficient'
  | 'algorithm_mismatch'
  /** The bytes are not a signature by the key over this message. */
  | 'signature_invalid'
  | 'created_missing'
  | 'created_in_future'
  | 'signature_stale'
  | 'signature_expired'
  | 'nonce_missing'
  | 'nonce_reused'
  /** The nonce could not be recorded: nothing is accepted until it can. Retryable. */
  | 'nonce_store_unavailable'
  | 'digest_missing'
  | 'digest_malformed'
  | 'digest_mismatch';

/** A typed refusal. `retryable` is true only where the same message may be accepted later. */
export class SignatureError extends Error {
  override readonly name = 'SignatureError';
  readonly retryable: boolean;

  constructor(
    readonly code: SignatureErrorCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.retryable = code === 'nonce_store_unavailable';
  }
}
