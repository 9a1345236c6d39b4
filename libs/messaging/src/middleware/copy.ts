// SPDX-License-Identifier: Apache-2.0
import { headerNames } from '@nervus/contracts';
import { formatOrigin, type RecordOrigin, parseOrigin } from '@nervus/trust';
import { pause } from '../bounded.js';
import type { Clock } from '../clock.js';
import type { Lease } from '../engine/lease.js';
import { LeaseRevokedError } from '../errors.js';
import type { InboundRecord, OutboundRecord, RecordHeaders } from '../port.js';

/** Where a record was first written: of a copy, what its `nervus-origin` says. @throws VerificationError when that is malformed */
export function originOf(record: InboundRecord): RecordOrigin {
  const named = record.headers[headerNames.origin];
  if (Buffer.isBuffer(named)) return parseOrigin(named.toString('utf8'));
  return { topic: record.topic, partition: record.partition, offset: record.offset, appendedAt: record.timestamp };
}

/**
 * The record for another topic of the service: key, value and headers byte for byte, with its origin, since that is what
 * its signature is judged by. What an earlier copy had noted is replaced by `notes`.
 */
export function copyOf(record: InboundRecord, topic: string, notes: RecordHeaders): OutboundRecord {
  const { [headerNames.retry]: _retry, [headerNames.dead]: _dead, ...headers } = record.headers;
  return { topic, key: record.key, value: record.value, headers: { [headerNames.origin]: Buffer.from(formatOrigin(originOf(record))), ...headers, ...notes } };
}

/**
 * Does what must be done before the record may be finished, again and again.
 * @throws LeaseRevokedError when the partition goes away meanwhile
 */
export async function untilDone<T>(work: () => Promise<T>, lease: Lease, clock: Clock): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      // Whoever does it tries again by itself; when it gave up the process is ending, and so is the lease.
      await pause(1000, clock, lease.signal);
      if (lease.signal.aborted) throw new LeaseRevokedError('the partition was taken away before the record was safe elsewhere', { cause: error });
    }
  }
}
