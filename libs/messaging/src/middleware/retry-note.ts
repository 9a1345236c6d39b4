// SPDX-License-Identifier: Apache-2.0
import { headerNames } from '@nervus/contracts';
import { parseJsonObject } from '@nervus/trust';
import type { InboundRecord, RecordHeaders } from '../port.js';

/** What a copy in a retry topic says of itself: the value of `nervus-retry`, JSON. Not signed; only the owner may write there. */
export interface RetryNote {
  /** Milliseconds since the epoch before which it is not tried again. */
  readonly notBefore: number;
  /** Reason code of the last failure, `key_parked` for one that waits for an earlier one of its key, `redriven`, `replayed`. */
  readonly code: string;
  /** Calls of the handler so far. */
  readonly attempts: number;
  /** When it failed first, RFC 3339. */
  readonly firstAt: string;
}

export const noteHeader = (note: RetryNote): RecordHeaders => ({ [headerNames.retry]: Buffer.from(JSON.stringify(note)) });

/** Reads `nervus-retry`; undefined when it is absent or not of its form. */
export function parseRetryNote(record: Pick<InboundRecord, 'headers'>): RetryNote | undefined {
  const header = record.headers[headerNames.retry];
  if (!Buffer.isBuffer(header)) return undefined;
  try {
    const note = parseJsonObject(header.toString('utf8'), headerNames.retry);
    return isRetryNote(note) ? note : undefined;
  } catch {
    return undefined;
  }
}

/** When the copy may be handled: at once when it does not say. */
export const notBefore = (record: Pick<InboundRecord, 'headers'>): number => parseRetryNote(record)?.notBefore ?? 0;

function isRetryNote(value: object): value is RetryNote {
  const note = value as Readonly<Record<string, unknown>>;
  return typeof note['notBefore'] === 'number' && typeof note['code'] === 'string' && typeof note['attempts'] === 'number' && typeof note['firstAt'] === 'string';
}
