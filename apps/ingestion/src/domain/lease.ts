// SPDX-License-Identifier: Apache-2.0

/** Who works on something for now; others may when the time is over. */
export interface Lease {
  /** Epoch of the process. */
  readonly holder: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Whether a process may take what is leased, or go on with it. */
export const isFreeFor = (holder: string, lease: Lease | undefined, now: number): boolean => lease === undefined || lease.holder === holder || lease.until <= now;
