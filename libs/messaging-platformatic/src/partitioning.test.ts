// SPDX-License-Identifier: Apache-2.0
import { partitionOf } from '@nervus/messaging/testing';
import * as fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { partitionOfKey, Turns } from './partitioning.js';

const kafkajs = Partitioners.DefaultPartitioner();

function ofKafkaJs(key: Buffer, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({ partitionId, leader: 1, replicas: [1], isr: [1], partitionErrorCode: 0 }));
  return kafkajs({ topic: 't', partitionMetadata, message: { key, value: null } });
}

const keys = fc.oneof(
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ minLength: 500, maxLength: 3000 }).map((bytes) => Buffer.from(bytes)),
  fc.constant(Buffer.alloc(0)),
);

describe('where a record goes', () => {
  it('a key has the partition that kafkajs and the memory broker give it, or its order is lost when the client is changed', () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 200 }), (key, partitions) => {
        expect(partitionOfKey(key, partitions)).toBe(ofKafkaJs(key, partitions));
        expect(partitionOfKey(key, partitions)).toBe(partitionOf(key, partitions));
      }),
      { numRuns: 500 },
    );
  });

  it('records without a key go to all partitions in turn, each topic by itself', () => {
    const turns = new Turns();
    expect([turns.of('a', 3), turns.of('a', 3), turns.of('b', 3), turns.of('a', 3), turns.of('a', 3)]).toEqual([0, 1, 0, 2, 0]);
  });
});
