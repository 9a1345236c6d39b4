// SPDX-License-Identifier: Apache-2.0
import type { EntryFacts } from '@nervus/verifier';

/** A signed record on its way into the log. */
export interface Candidate {
  /** The entry's bytes. */
  readonly bytes: Buffer;
  readonly leafHash: Uint8Array;
  /** base64url of the leaf hash. */
  readonly leaf: string;
  readonly facts: EntryFacts;
  /** The value as it was read; null for a tombstone. */
  readonly value: Buffer | null;
  /** The decoded value; undefined when it is not of its declared form. */
  readonly data: unknown;
  readonly origin: Origin;
  /** Of an enrolment: the key that it shows. It proves possession and no more. */
  readonly selfSignedBy?: string;
  /** Signed by its producer, and yet not to be acted upon. */
  readonly problem?: { readonly code: string; readonly detail: string };
}

/** Where a record was read. */
export interface Origin {
  /** Physical topic, with prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** The broker's append time, milliseconds since the epoch. */
  readonly appendedAt: number;
}
