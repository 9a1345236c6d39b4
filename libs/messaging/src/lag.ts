// SPDX-License-Identifier: Apache-2.0
import { physicalName, type ServiceName, services, topicsReadBy } from '@nervus/contracts';
import type { Admin } from './port.js';

/** How far a service's group is behind in one partition. */
export interface PartitionLag {
  readonly service: ServiceName;
  /** Physical name. */
  readonly topic: string;
  readonly partition: number;
  /** Next offset that the group reads; undefined when it never committed one. */
  readonly committed: bigint | undefined;
  /** First offset not yet written. */
  readonly end: bigint;
  /** Records that stand in the log and are not finished. */
  readonly records: bigint;
}

/** The lag of every group of the mesh, as the broker has it. A service that never committed is behind by all that stands. */
export async function lagOf(admin: Pick<Admin, 'endOffsets' | 'committedOffsets' | 'describeTopics'>, topicPrefix: string): Promise<PartitionLag[]> {
  const lags: PartitionLag[] = [];
  const ends = new Map<string, Awaited<ReturnType<Admin['endOffsets']>>>();
  for (const service of services) {
    const named = topicsReadBy(service, 'group').map((declaration) => physicalName(declaration, topicPrefix));
    const topics = (await admin.describeTopics(named)).map(({ topic }) => topic);
    const committed = new Map((await admin.committedOffsets(topicPrefix + service, topics)).map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
    for (const topic of topics) {
      const known = ends.get(topic) ?? (await admin.endOffsets(topic));
      ends.set(topic, known);
      for (const { partition, low, high } of known) {
        const next = committed.get(`${topic}/${partition}`);
        const from = next === undefined || next < low ? low : next;
        lags.push({ service, topic, partition, committed: next, end: high, records: high > from ? high - from : 0n });
      }
    }
  }
  return lags;
}
