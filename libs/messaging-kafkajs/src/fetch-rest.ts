// SPDX-License-Identifier: Apache-2.0
import { firstTime, insideKafkaJs } from './version-guard.js';

interface FetchedBatch {
  isEmpty(): boolean;
}
interface ConsumerGroup {
  readonly groupId: string;
  [restUntil]?: number;
}
interface ConsumerGroupClass {
  readonly prototype: { fetch: (this: ConsumerGroup, nodeId: string) => Promise<readonly FetchedBatch[]> };
}

const restUntil = Symbol('nervus.restUntil');
const restOf = new Map<string, number>();

/** Lets the consumers of a group in this process rest so many milliseconds after each fetch that brought something. */
export function restBetweenFetches(groupId: string, restMs: number): void {
  if (restMs > 0) restOf.set(groupId, restMs);
  else restOf.delete(groupId);
}

/**
 * kafkajs 2.2.4 fetches again at once, so a reader of a steady trickle makes one round trip for each record. Waiting at
 * the broker instead (`minBytes`) would make an idle reader poll. So the client rests after a fetch that brought
 * something: the first record after silence comes at once, and what comes meanwhile comes together.
 */
export function restAfterFetches(): void {
  const { prototype } = insideKafkaJs<ConsumerGroupClass>('consumer/consumerGroup', 'fetch-rest.ts');
  if (!firstTime(prototype, 'fetch-rest')) return;
  const { fetch } = prototype;
  prototype.fetch = async function fetchRested(nodeId) {
    const restMs = restOf.get(this.groupId) ?? 0;
    if (restMs === 0) return fetch.call(this, nodeId);
    const wait = (this[restUntil] ?? 0) - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const batches = await fetch.call(this, nodeId);
    if (batches.some((batch) => !batch.isEmpty())) this[restUntil] = performance.now() + restMs;
    return batches;
  };
}
