// SPDX-License-Identifier: Apache-2.0

/** What the engine counts. Labels are topics, partitions and groups, never ids. */
export interface EngineMetrics {
  /** Records taken in; records that were already in flight are not counted again. */
  received(topic: string, records: number): void;
  /** Records finished, and how long the handling of one (or of one batch) took, in seconds. */
  handled(topic: string, records: number, seconds: number): void;
  /** One commit of so many partitions was acknowledged. */
  committed(partitions: number): void;
  commitFailed(): void;
  rebalanced(): void;
}

/** The state of one partition right now, to be asked when metrics are scraped. */
export interface PartitionGauges {
  readonly topic: string;
  readonly partition: number;
  /** Records taken in and not finished. */
  readonly inFlight: number;
  readonly inFlightBytes: number;
  /** Age of the oldest unfinished record since its append, in seconds; 0 when there is none. */
  readonly lagSeconds: number;
  /** Records of the partition, as last seen, that are not below the watermark. */
  readonly lagRecords: number;
  readonly paused: boolean;
}

const nothing = (): void => undefined;

export const noEngineMetrics: EngineMetrics = { received: nothing, handled: nothing, committed: nothing, commitFailed: nothing, rebalanced: nothing };
