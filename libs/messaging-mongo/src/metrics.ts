// SPDX-License-Identifier: Apache-2.0

/** What the stores count. Depth and age of the outbox are asked from the store when metrics are scraped. */
export interface StoreMetrics {
  /** One bulk write stored so many documents, holding so many applications, in so many seconds. A document is a state write. */
  wrote(collection: string, documents: number, applications: number, seconds: number): void;
  /** So many documents of a bulk write lost their race and are read and decided again. */
  lostRaces(collection: string, documents: number): void;
  /** So many documents were written once more, only to clear their outbox. */
  cleared(collection: string, documents: number): void;
  /** The sweep took over the outboxes of so many documents whose process is gone. */
  relayed(collection: string, documents: number): void;
  /** A publish failed; the events stay in their outboxes. */
  publishFailed(collection: string): void;
}

const nothing = (): void => undefined;

export const noStoreMetrics: StoreMetrics = { wrote: nothing, lostRaces: nothing, cleared: nothing, relayed: nothing, publishFailed: nothing };
