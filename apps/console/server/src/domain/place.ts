// SPDX-License-Identifier: Apache-2.0

/** Where a record stands on Kafka; what a read model keeps to tell newer from older where records carry no version. */
export interface Place {
  readonly partition: number;
  /** Decimal. */
  readonly offset: string;
  /** The broker's append time, milliseconds since the epoch. */
  readonly at: number;
}

/**
 * True when `next` is newer than what is known. Within a partition the offset decides. Across partitions there is no
 * order but append time; that happens only when a topic's number of partitions was changed.
 */
export function isNewer(next: Place, known: Place | undefined): boolean {
  if (!known) return true;
  return next.partition === known.partition ? BigInt(next.offset) > BigInt(known.offset) : next.at > known.at;
}

/** The place of a received record. */
export const placeOf = ({ origin }: { readonly origin: { readonly partition: number; readonly offset: bigint; readonly appendedAt: number } }): Place => ({ partition: origin.partition, offset: String(origin.offset), at: origin.appendedAt });
