// SPDX-License-Identifier: Apache-2.0
import type { SignedExtension } from '@nervus/contracts';

/** What the rules look at of one entry. Its signature was checked before, and its type belongs on its topic. */
export interface RuleEntry {
  readonly index: number;
  /** base64url leaf hash, as other records name it. */
  readonly leaf: string;
  /** `ce_type`. */
  readonly type: string;
  /** `ce_id`. */
  readonly id: string;
  /** SPIFFE ID of the producer. */
  readonly producer: string;
  /** Epoch of the producing process. */
  readonly epoch: string;
  readonly tenant?: string;
  /** `ce_time`, milliseconds since the epoch: the producer's own word. */
  readonly time: number;
  readonly extensions: Readonly<Partial<Record<SignedExtension, string>>>;
  /** The value, decoded and held to its digest; undefined when it is not at hand, null for a tombstone. */
  readonly data?: unknown;
}
