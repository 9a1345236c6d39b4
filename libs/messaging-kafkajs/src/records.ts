// SPDX-License-Identifier: Apache-2.0
import type { InboundRecord, OutboundRecord, RecordHeaders } from '@nervus/messaging';
import type { IHeaders, KafkaMessage, Message, TopicMessages } from 'kafkajs';

const nothing = Buffer.alloc(0);
const bytes = (value: Buffer | string | null | undefined): Buffer => (Buffer.isBuffer(value) ? value : typeof value === 'string' ? Buffer.from(value) : nothing);

/** Header values as they stand in the fetched buffer, without copying; a null value, which Kafka allows, reads as empty. */
function inboundHeaders(headers: IHeaders | undefined): RecordHeaders {
  const result: Record<string, Buffer | readonly Buffer[]> = {};
  for (const name in headers) {
    const value = headers[name];
    result[name] = Array.isArray(value) ? value.map(bytes) : bytes(value);
  }
  return result;
}

/**
 * kafkajs gives the broker's append time of a LogAppendTime topic as the record's timestamp.
 */
export function inboundRecord(topic: string, partition: number, message: KafkaMessage): InboundRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: message.key,
    value: message.value,
    headers: inboundHeaders(message.headers),
    timestamp: Number(message.timestamp),
  };
}

function outboundMessage(record: OutboundRecord): Message {
  const headers: IHeaders = {};
  for (const name in record.headers) {
    const value = record.headers[name];
    headers[name] = Buffer.isBuffer(value) ? value : value && [...value];
  }
  return { key: record.key, value: record.value, headers };
}

/** Records grouped by topic; the order inside a topic, and so inside a partition, is kept. */
export function topicMessages(records: readonly OutboundRecord[]): TopicMessages[] {
  const byTopic = new Map<string, Message[]>();
  for (const record of records) {
    const messages = byTopic.get(record.topic);
    if (messages) messages.push(outboundMessage(record));
    else byTopic.set(record.topic, [outboundMessage(record)]);
  }
  return [...byTopic].map(([topic, messages]) => ({ topic, messages }));
}
