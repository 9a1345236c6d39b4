// SPDX-License-Identifier: Apache-2.0
// The newest checkpoint of this log on Kafka: what the log must not fall behind. It is read through a group whose offset
// stays on the newest checkpoint seen, so that each start reads what was published since the one before, and at least one.
import { type CheckpointSigned, physicalName, topics } from '@nervus/contracts';
import type { Admin, KafkaClient, PartitionBatch } from '@nervus/messaging';
import { within, type Clock } from '@nervus/messaging';
import { type Checkpoint, FormatError, noteVerifier, openCheckpoint, TrustError } from '@nervus/transparency-log';

/** Milliseconds for the whole reading. */
const limitMs = 60_000;

export interface PublishedOptions {
  readonly client: KafkaClient;
  readonly topicPrefix: string;
  readonly verifierKey: string;
  readonly clock: Clock;
}

/** @throws what the broker failed with, or a timeout: without this knowledge the log must not go on */
export async function newestPublished(options: PublishedOptions): Promise<Checkpoint | undefined> {
  const topic = physicalName(topics.audit.checkpoints, options.topicPrefix);
  const admin = await options.client.admin();
  try {
    const ends = (await admin.endOffsets(topic)).filter(({ low, high }) => high > low);
    return ends.length === 0 ? undefined : await within(read(options, topic, ends), limitMs, options.clock, 'reading the published checkpoints');
  } finally {
    await admin.close();
  }
}

async function read({ client, topicPrefix, verifierKey }: PublishedOptions, topic: string, ends: Awaited<ReturnType<Admin['endOffsets']>>): Promise<Checkpoint | undefined> {
  const consumer = await client.consumer({ groupId: `${topicPrefix}audit.table.published`, topics: [{ topic, from: 'beginning' }] });
  const verifier = noteVerifier(verifierKey);
  const done = Promise.withResolvers<void>();
  const lastOf = new Map<number, PartitionBatch>();
  let newest: Checkpoint | undefined;
  const onBatch = (batch: PartitionBatch): Promise<void> => {
    for (const { value } of batch.records) {
      const checkpoint = value ? checkpointIn(value, verifier) : undefined;
      if (checkpoint && checkpoint.size >= (newest?.size ?? 0)) newest = checkpoint;
    }
    if (batch.records.length > 0) lastOf.set(batch.partition, batch);
    if (ends.every(({ partition, high }) => (lastOf.get(partition)?.records.at(-1)?.offset ?? -1n) >= high - 1n)) done.resolve();
    return Promise.resolve();
  };
  try {
    await consumer.run({ onBatch, onRebalance: () => undefined, onAssigned: () => undefined, onCrash: (error) => done.reject(error) });
    await done.promise;
    await consumer.commit([...lastOf.values()].flatMap(({ partition, generation, records }) => (records.at(-1) ? [{ topic, partition, generation, offset: records.at(-1)!.offset }] : [])));
    return newest;
  } finally {
    await consumer.close();
  }
}

/** Believed by the log's own signature, whoever wrote the record. */
function checkpointIn(value: Buffer, verifier: ReturnType<typeof noteVerifier>): Checkpoint | undefined {
  try {
    const { note } = JSON.parse(value.toString('utf8')) as Partial<CheckpointSigned>;
    return typeof note === 'string' ? openCheckpoint(note, [verifier]).checkpoint : undefined;
  } catch (error) {
    if (error instanceof TrustError || error instanceof FormatError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
