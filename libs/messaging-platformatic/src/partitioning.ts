// SPDX-License-Identifier: Apache-2.0
import { compatibilityPartitioner } from '@platformatic/kafka';

/**
 * The partition of a key, as Kafka's own client, kafkajs and the memory broker choose it: murmur2, sign dropped, modulo
 * the number of partitions. The library's default partitioner chooses another one for about half of all keys.
 */
export const partitionOfKey = (key: Buffer, partitions: number): number => compatibilityPartitioner({ topic: '' }, key) % partitions;

/** Partitions of records without a key, in turn. */
export class Turns {
  readonly #next = new Map<string, number>();

  of(topic: string, partitions: number): number {
    const turn = this.#next.get(topic) ?? 0;
    this.#next.set(topic, turn + 1);
    return turn % partitions;
  }
}
