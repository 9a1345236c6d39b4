// SPDX-License-Identifier: Apache-2.0

/**
 * The right to work on records of one partition. It is kept alive for as long as work is in flight; when the partition
 * goes to another process, or this one stops and the drain budget is over, the signal is aborted and what is not
 * finished by then will be handled again elsewhere.
 */
export interface Lease {
  readonly topic: string;
  readonly partition: number;
  readonly signal: AbortSignal;
}
