// SPDX-License-Identifier: Apache-2.0

/** How long action waits for what, in milliseconds. */
export class ActionSettings {
  constructor(
    readonly trustDomain: string,
    /** Epoch of this process, by which documents name their owner. */
    readonly owner: string,
    /** Age of the view of stops from which tiers 2 and 3 are held. */
    readonly staleAfterMs: number,
    /** Silence of audit from which all tiers are held. */
    readonly auditSilentMs: number,
    readonly receiptWaitMs: number,
    readonly credentialWaitMs: number,
    /** Longest time for all attempts of one call. */
    readonly callMs: number,
    /** In [0, 1), for jitter. */
    readonly random: () => number,
  ) {}
}

/** After the end of a call its process has this long to write down what came of it, before another looks. */
export const graceMs = 5_000;
