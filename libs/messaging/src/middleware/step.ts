// SPDX-License-Identifier: Apache-2.0
import type { RecordVerification } from '@nervus/trust';
import type { Lease } from '../engine/lease.js';
import type { Received } from '../event.js';
import type { InboundRecord } from '../port.js';
import type { RetryNote } from './retry-note.js';

/** What a verifier found out about a record that it believes. */
export type Believed = Extract<RecordVerification, { readonly state: 'verified' | 'self_signed' }>;

/** One record on its way through the pipeline; each middleware adds what it found out. */
export interface Delivery {
  readonly record: InboundRecord;
  readonly lease: Lease;
  /** By verify-signature. */
  verification?: Believed;
  /** By decode. Undefined also for a declared type that this service does not handle. */
  received?: Received<unknown>;
  /** By retry: calls of the handler so far, and when the first of them failed. */
  attempts: number;
  firstFailureAt?: number;
  /** By retry-later: what became of it before, when it comes from a retry topic. */
  before?: RetryNote;
  /** By timeout: aborted when the attempt has run out of time or the lease is gone. */
  attemptSignal?: () => AbortSignal;
}

/** Resolves when the record is finished. */
export type Step = (delivery: Delivery) => Promise<void>;

/** One concern around the steps inside it. */
export type Middleware = (next: Step) => Step;

/** The first is the outermost. */
export const compose = (middlewares: readonly Middleware[], innermost: Step): Step => middlewares.reduceRight((next, middleware) => middleware(next), innermost);
