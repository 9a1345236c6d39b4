// SPDX-License-Identifier: Apache-2.0
import { ProducerError } from '@nervus/messaging';
import { closedWithoutAWord, KafkaClientError, tlsRefusal } from '@nervus/messaging/adapter';

/** What kafkajs says of an error: its name, and for an answer of the broker the type and whether it is worth retrying. */
export interface Cause {
  readonly name: string;
  readonly type?: string;
  readonly message: string;
  readonly retriable: boolean;
}

/** The innermost error that kafkajs wrapped: the one that says what the broker or the connection answered. */
export function causeOf(error: unknown): Cause {
  let innermost: unknown = error;
  for (let depth = 0; depth < 10 && innermost instanceof Error && innermost.cause instanceof Error; depth++) innermost = innermost.cause;
  if (!(innermost instanceof Error)) return { name: 'unknown', message: String(innermost), retriable: true };
  const { type, retriable } = innermost as { type?: unknown; retriable?: unknown };
  return { name: innermost.name, message: innermost.message, retriable: retriable !== false, ...(typeof type === 'string' ? { type } : {}) };
}

/** Answers that say the lease is gone or going: the runner of kafkajs must see them, or it never rejoins. */
const lostLease = new Set(['REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'NOT_COORDINATOR_FOR_GROUP']);
export const saysLeaseIsLost = (error: unknown): boolean => lostLease.has(causeOf(error).type ?? '');

/** The broker forgot the producer or its numbering: only a new producer id helps, and the records may go again under it. */
const brokenNumbering = new Set(['OUT_OF_ORDER_SEQUENCE_NUMBER', 'DUPLICATE_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING']);
export const saysNumberingIsBroken = (error: unknown): boolean => brokenNumbering.has(causeOf(error).type ?? '');

const hopeless = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TOPIC_EXCEPTION', 'UNKNOWN_TOPIC_OR_PARTITION', 'TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM']);

/** The code is the broker's own name of the error, or the one of kafkajs when no broker answered. */
export function producerError(error: unknown, topics: readonly string[]): ProducerError {
  const { name, type, message } = causeOf(error);
  const where = topics.join(', ');
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') {
    return new ProducerError(`the broker knows no topic of that name among ${where}: create the topics as declared before producing`, type, false, { cause: error });
  }
  if (type === 'TOPIC_AUTHORIZATION_FAILED') {
    return new ProducerError(`this client may not write to one of ${where}: grant Write and Describe as declared`, type, false, { cause: error });
  }
  const retryable = name !== 'KafkaJSSASLAuthenticationError' && !hopeless.has(type ?? '');
  return new ProducerError(`Kafka did not acknowledge a send to ${where}: ${message}`, type ?? name, retryable, { cause: error });
}

/** Says in our words what ended a consumer or an admin call. */
export function clientError(error: unknown, doing: string, details: Readonly<Record<string, unknown>> = {}): KafkaClientError {
  if (error instanceof KafkaClientError) return error;
  const { name, type, message } = causeOf(error);
  const options = { cause: error };
  if (name === 'KafkaJSGroupCoordinatorNotFound') {
    return new KafkaClientError('group_not_authorised', `${doing}: the broker named no coordinator for the group. Usually the group is not authorised: grant Read on it, or look whether the broker can create its offsets topic`, false, details, options);
  }
  if (name === 'KafkaJSSASLAuthenticationError' || type === 'UNSUPPORTED_SASL_MECHANISM') return new KafkaClientError('not_authenticated', `${doing}: the broker refused the credentials (${message})`, false, details, options);
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return new KafkaClientError('unknown_topic', `${doing}: the broker knows no such topic; create it as declared`, false, details, options);
  if (type === 'TOPIC_AUTHORIZATION_FAILED') return new KafkaClientError('topic_not_authorised', `${doing}: this client is not authorised for the topic`, false, details, options);
  if (type === 'GROUP_AUTHORIZATION_FAILED') return new KafkaClientError('group_not_authorised', `${doing}: this client is not authorised for the group`, false, details, options);
  if (type === 'CLUSTER_AUTHORIZATION_FAILED') return new KafkaClientError('not_a_writer', `${doing}: the broker gives this client no producer id, since it may write to no topic; grant Write on the topics as declared`, false, details, options);
  const refusal = tlsRefusal(message);
  if (refusal !== undefined) return new KafkaClientError('not_authenticated', `${doing}: ${refusal}`, false, details, options);
  if (name === 'KafkaJSConnectionClosedError') return new KafkaClientError('broker_unreachable', `${doing}: ${closedWithoutAWord}`, true, details, options);
  if (name.startsWith('KafkaJSConnection')) return new KafkaClientError('broker_unreachable', `${doing}: no connection to the broker (${message})`, true, details, options);
  return new KafkaClientError((type ?? name).toLowerCase(), `${doing}: ${message}`, hopeless.has(type ?? '') ? false : causeOf(error).retriable, details, options);
}
