// SPDX-License-Identifier: Apache-2.0
import { readToEnd } from '../topic-reader.js';

/** When the broker appended the records of each partition of a topic, oldest first, in milliseconds since the epoch. */
export type AppendTimes = ReadonlyMap<number, readonly number[]>;

/** Reads the append times of some topics up to the ends seen at the call; values are not kept. */
export async function appendTimes(brokers: readonly string[], topics: readonly string[]): Promise<ReadonlyMap<string, AppendTimes>> {
  const found = new Map(topics.map((topic) => [topic, new Map<number, number[]>()]));
  await readToEnd(brokers, topics, (topic, partition, { timestamp }) => {
    const times = found.get(topic)?.get(partition) ?? [];
    found.get(topic)?.set(partition, times);
    times.push(Number(timestamp));
  });
  return found;
}
