// SPDX-License-Identifier: Apache-2.0
// The one mapping to OpenTelemetry's messaging conventions (v1.37), so that a renaming there is a change here.
import type { Attributes } from '@opentelemetry/api';
import type { Received } from './event.js';

/** Attributes of the span of one record's handling. */
export const processAttributes = (received: Omit<Received<unknown>, 'data'>, group: string): Attributes => ({
  'messaging.system': 'kafka',
  'messaging.operation.type': 'process',
  'messaging.operation.name': 'process',
  'messaging.destination.name': received.origin.topic,
  'messaging.destination.partition.id': String(received.origin.partition),
  'messaging.kafka.offset': Number(received.origin.offset),
  'messaging.consumer.group.name': group,
  'messaging.message.id': received.id,
  'messaging.message.conversation_id': received.correlationId,
  'cloudevents.event_type': received.type,
  'cloudevents.event_source': received.producer.spiffeId,
});

/** Attributes of the span of one send. */
export const sendAttributes = (records: number, bytes: number): Attributes => ({
  'messaging.system': 'kafka',
  'messaging.operation.type': 'send',
  'messaging.operation.name': 'send',
  'messaging.batch.message_count': records,
  'nervus.batch.bytes': bytes,
});
