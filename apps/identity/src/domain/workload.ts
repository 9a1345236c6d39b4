// SPDX-License-Identifier: Apache-2.0
import type { WorkloadChanged } from '@nervus/contracts';

/** A workload key as identity keeps it: the entry in force, and when it may be forgotten. */
export interface WorkloadState {
  readonly entry: WorkloadChanged;
  /** Milliseconds since the epoch at which no record that this key signed is kept any more. */
  readonly forgetAt: number;
  /** Its tombstone was written. */
  readonly forgotten: boolean;
}

/** A launcher's token that was used: by which key, and until when that must be remembered. */
export interface UsedToken {
  readonly kid: string;
  /** Milliseconds since the epoch. */
  readonly forgetAt: number;
}

/** First version of an accepted workload; a key that is known already stays as it is. */
export function introduce(current: WorkloadState | undefined, workload: Omit<WorkloadChanged, 'version'>, keptDays: number): WorkloadState | 'unchanged' {
  return current ? 'unchanged' : { entry: { ...workload, version: 1 }, forgetAt: Date.parse(workload.notAfter) + keptDays * 86_400_000, forgotten: false };
}

/** Consumes a token for one key: the same key may show it again (a redelivered enrolment), no other may. */
export function consume(current: UsedToken | undefined, kid: string, forgetAt: number): UsedToken | 'unchanged' {
  return current ? 'unchanged' : { kid, forgetAt };
}
