// SPDX-License-Identifier: Apache-2.0
import type { InboundRecord, OutboundRecord, TopicConfiguration } from '../port.js';
import { partitionOf } from './murmur2.js';

/** Largest batch of one partition in one send, as a broker's default `max.message.bytes` has it. */
const maxBatchBytes = 1_048_588;

/** The records of one topic, by partition. Nothing is ever compacted or deleted. */
export class MemoryTopic {
  readonly partitions: InboundRecord[][];
  private unkeyed = 0;

  constructor(private current: TopicConfiguration) {
    this.partitions = Array.from({ length: current.partitions }, () => []);
  }

  get configuration(): TopicConfiguration {
    return this.current;
  }

  alter(partitions: number, settings: TopicConfiguration['settings']): void {
    while (this.partitions.length < partitions) this.partitions.push([]);
    this.current = { ...this.current, partitions: this.partitions.length, settings: { ...this.current.settings, ...settings } };
  }

  append(record: OutboundRecord, timestamp: number): number {
    const partition = record.key === null ? this.unkeyed++ % this.partitions.length : partitionOf(record.key, this.partitions.length);
    const log = this.partitions[partition]!;
    log.push({ topic: this.configuration.topic, partition, offset: BigInt(log.length), key: record.key, value: record.value, headers: record.headers, timestamp });
    return partition;
  }

  /** The next records from an offset, at most as many bytes as one fetch carries but at least one record. */
  read(partition: number, from: bigint, maxBytes: number): readonly InboundRecord[] {
    const log = this.partitions[partition]!;
    const records: InboundRecord[] = [];
    let bytes = 0;
    for (let at = Number(from); at < log.length; at++) {
      bytes += sizeOf(log[at]!);
      if (bytes > maxBytes && records.length > 0) break;
      records.push(log[at]!);
    }
    return records;
  }

  end(partition: number): bigint {
    return BigInt(this.partitions[partition]!.length);
  }
}

const sizeOf = (record: Pick<OutboundRecord, 'key' | 'value'>): number => (record.key?.length ?? 0) + (record.value?.length ?? 0) + 100;

/** True when a broker would refuse the send as a whole. */
export const tooLarge = (records: readonly OutboundRecord[]): boolean => records.reduce((bytes, record) => bytes + sizeOf(record), 0) > maxBatchBytes;
