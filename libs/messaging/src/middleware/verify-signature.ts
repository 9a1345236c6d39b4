// SPDX-License-Identifier: Apache-2.0
import type { RecordVerification, RecordVerifier } from '@nervus/trust';
import { backoffMs, pause, within } from '../bounded.js';
import { type Clock, type Random, systemRandom } from '../clock.js';
import { LeaseRevokedError, UntrustedRecordError } from '../errors.js';
import type { InboundRecord } from '../port.js';
import type { Believed, Middleware } from './step.js';

export interface SignatureOptions {
  readonly verifier: Pick<RecordVerifier, 'verify'>;
  readonly clock: Clock;
  readonly random?: Random;
  /**
   * Resolves when the table of workload keys has been read to its end of now. A producer writes only after its key is
   * in that table, so a key that is unknown then will never be known.
   */
  readonly catchUp: () => Promise<void>;
  /** Milliseconds that a record of an unknown key waits for the table. @default 30000 */
  readonly waitMs?: number;
}

/** Lets pass what its declared producer wrote; everything else is an UntrustedRecordError. */
export const verifySignature =
  (options: SignatureOptions): Middleware =>
  (next) =>
  async (delivery) => {
    delivery.verification = await verify(delivery.record, delivery.lease.signal, options);
    await next(delivery);
  };

/** @throws UntrustedRecordError; LeaseRevokedError while waiting for an unknown key */
export async function verify(record: InboundRecord, signal: AbortSignal, options: SignatureOptions): Promise<Believed> {
  let verification = options.verifier.verify(record);
  if (verification.state === 'unknown') verification = await verifyCaughtUp(record, signal, options);
  switch (verification.state) {
    case 'unknown':
      throw new UntrustedRecordError('unknown_key', `the key ${verification.kid} is not in the table of workload keys`, { kid: verification.kid });
    case 'refused':
      throw new UntrustedRecordError(verification.code, verification.detail, { fault: verification.fault, kid: verification.kid });
    default:
      return verification;
  }
}

async function verifyCaughtUp(record: InboundRecord, signal: AbortSignal, options: SignatureOptions): Promise<RecordVerification> {
  const { clock, random = systemRandom, waitMs = 30_000 } = options;
  const until = clock.now() + waitMs;
  for (let attempt = 1; ; attempt++) {
    const caughtUp = await within(options.catchUp(), Math.max(0, until - clock.now()), clock, 'the table of workload keys').then(
      () => true,
      () => false,
    );
    if (signal.aborted) throw new LeaseRevokedError('the partition was taken away while a record waited for its key');
    const verification = options.verifier.verify(record);
    if (verification.state !== 'unknown' || caughtUp || clock.now() >= until) return verification;
    await pause(backoffMs(attempt, 100, 2000, random), clock, signal);
  }
}
