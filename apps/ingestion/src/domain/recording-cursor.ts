// SPDX-License-Identifier: Apache-2.0
import { isFreeFor, type Lease } from './lease.js';

/** Where the playing of one recording stands. */
export interface RecordingCursor {
  /** base64url SHA-256 of the file; another content is another recording. */
  readonly sha256: string;
  /** Bytes of the file whose items are all acknowledged. */
  readonly position: number;
  /** Lines in them. */
  readonly lines: number;
  /** Played to its end. */
  readonly ended?: true;
  readonly lease?: Lease;
}

/** Longer than one chunk can take. */
const leaseMs = 20_000;

/**
 * Takes the recording for the next chunk; `unchanged` when it is over, when another process plays it, and when this one
 * has it for long enough already.
 */
export function claimRecording(current: RecordingCursor | undefined, sha256: string, holder: string, now: number): RecordingCursor | 'unchanged' {
  const lease = { holder, until: now + leaseMs };
  if (current === undefined || current.sha256 !== sha256) return { sha256, position: 0, lines: 0, lease };
  if (current.ended || !isFreeFor(holder, current.lease, now)) return 'unchanged';
  if (current.lease?.holder === holder && current.lease.until - now > leaseMs / 2) return 'unchanged';
  return { ...current, lease };
}

/** Where it stands after a chunk was acknowledged; `unchanged` when another process took over. The lease is kept on. */
export function advanceRecording(current: RecordingCursor | undefined, holder: string, chunk: { readonly position: number; readonly lines: number; readonly ended: boolean }, now: number): RecordingCursor | 'unchanged' {
  if (current?.lease?.holder !== holder) return 'unchanged';
  const { lease: _, ...kept } = current;
  const next = { ...kept, position: chunk.position, lines: current.lines + chunk.lines };
  return chunk.ended ? { ...next, ended: true } : { ...next, lease: { holder, until: now + leaseMs } };
}

/** Lets another process go on at once; `unchanged` when this one plays nothing. */
export function letGoOfRecording(current: RecordingCursor | undefined, holder: string): RecordingCursor | 'unchanged' {
  if (current?.lease?.holder !== holder) return 'unchanged';
  const { lease: _, ...kept } = current;
  return kept;
}
