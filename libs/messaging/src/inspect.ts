// SPDX-License-Identifier: Apache-2.0
import type { Received } from './event.js';
import type { Lease } from './engine/lease.js';
import { PermanentError, UntrustedRecordError } from './errors.js';
import { decodeRecord } from './middleware/decode.js';
import type { Believed } from './middleware/step.js';
import { type SignatureOptions, verify } from './middleware/verify-signature.js';
import type { InboundRecord } from './port.js';

/** What is to be thought of a record, for those who must account for every one of them (audit) and so take batches. */
export type Inspection = { readonly record: InboundRecord } & (
  | { readonly state: 'received'; readonly verification: Believed; readonly received: Received<unknown> }
  /** Signed by its producer, but not of the form that its type has here. */
  | { readonly state: 'undecodable'; readonly verification: Believed; readonly error: PermanentError }
  /** Not to be acted upon. `verification` is there when the signature is good and the claims are not. */
  | { readonly state: 'untrusted'; readonly verification?: Believed; readonly error: UntrustedRecordError }
);

/**
 * Verifies and decodes without acting upon the outcome.
 * @returns a function that rejects only with LeaseRevokedError, while it waits for an unknown key
 */
export const createInspector =
  (options: SignatureOptions) =>
  async (record: InboundRecord, lease: Lease): Promise<Inspection> => {
    let verification: Believed | undefined;
    try {
      verification = await verify(record, lease.signal, options);
      return { state: 'received', record, verification, received: decodeRecord(record, verification) };
    } catch (error) {
      if (error instanceof UntrustedRecordError) return { state: 'untrusted', record, error, ...(verification ? { verification } : {}) };
      if (error instanceof PermanentError && verification) return { state: 'undecodable', record, verification, error };
      throw error;
    }
  };
