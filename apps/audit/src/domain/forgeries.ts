// SPDX-License-Identifier: Apache-2.0
import { derivedId } from '@nervus/contracts';
import { digestOfBytes } from '@nervus/trust';
import type { Told } from './finding-ledger.js';
import type { Origin } from './candidate.js';

const windowMs = 60_000;

/** A record that proves nothing about who wrote it. */
export interface Forgery {
  readonly origin: Origin;
  readonly code: string;
  readonly detail: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

/**
 * Findings about records that are not believed: each with its digest, and above a limit a minute summed up, so that
 * whoever can write to a topic cannot fill the log.
 */
export class Forgeries {
  private windowEnds = -Infinity;
  private reported = 0;
  private summed = 0;

  /** @param perMinute findings of their own in one minute */
  constructor(private readonly perMinute = 100) {}

  /** The finding about a forgery; undefined when it is only counted. */
  report({ origin, code, detail, key, value }: Forgery, now: number): Told | undefined {
    if (now >= this.windowEnds) {
      this.windowEnds = now + windowMs;
      this.reported = 0;
    }
    if (this.reported >= this.perMinute) {
      this.summed++;
      return undefined;
    }
    this.reported++;
    const { topic, partition, offset } = origin;
    return {
      findingId: derivedId('forged', topic, String(partition), String(offset)), rule: 'capture', code, status: 'open', severity: 'warning', indexes: [],
      detail: `${topic}/${partition} offset ${offset}, key digest ${digestOfBytes(key ?? Buffer.alloc(0))}, value digest ${digestOfBytes(value ?? Buffer.alloc(0))}: ${detail}`.slice(0, 1000),
    };
  }

  /** The finding about those that were only counted, once their minute is over. */
  summary(now: number): Told | undefined {
    if (this.summed === 0 || now < this.windowEnds) return undefined;
    const detail = `${this.summed} more records that nobody is known to have signed, in the minute before ${new Date(this.windowEnds).toISOString()}.`;
    this.summed = 0;
    return { findingId: derivedId('forged-sum', String(this.windowEnds)), rule: 'capture', code: 'forged_records', status: 'open', severity: 'warning', indexes: [], detail };
  }
}
