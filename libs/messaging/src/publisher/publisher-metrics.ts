// SPDX-License-Identifier: Apache-2.0

/** What the publisher counts. Depth and age are asked from it when metrics are scraped. */
export interface PublisherMetrics {
  /** One send of so many records was acknowledged, after so many seconds, retries included. */
  sent(records: number, seconds: number): void;
  /** A send is tried again. */
  resent(): void;
  /** Records wait because there is no valid key to sign with. */
  waitedForKey(): void;
}

const nothing = (): void => undefined;

export const noPublisherMetrics: PublisherMetrics = { sent: nothing, resent: nothing, waitedForKey: nothing };
