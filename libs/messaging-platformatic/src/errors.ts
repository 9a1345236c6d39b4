// SPDX-License-Identifier: Apache-2.0
import { ProducerError } from '@nervus/messaging';
import { closedWithoutAWord, KafkaClientError, tlsRefusal } from '@nervus/messaging/adapter';
import { AuthenticationError, MultipleErrors, NetworkError, ProtocolError } from '@platformatic/kafka';

/** What the library says of an error: the broker's own name of it, if a broker answered. */
export interface Cause {
  readonly type?: string;
  readonly message: string;
  readonly kind: 'answer' | 'authentication' | 'network' | 'other';
  /** True: the same request may succeed later without anybody changing anything. */
  readonly transient: boolean;
}

/** The broker's names of what it will refuse for ever. The library counts some of them as worth a retry. */
const hopeless = new Set([
  'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TOPIC_EXCEPTION', 'TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM', 'SASL_AUTHENTICATION_FAILED', 'UNSUPPORTED_VERSION',
]);

/** What is right before long although the library does not think so: metadata that is on its way, a coordinator that moves. */
const passing = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'INCONSISTENT_TOPIC_ID', 'NOT_LEADER_OR_FOLLOWER', 'LEADER_NOT_AVAILABLE', 'FENCED_LEADER_EPOCH', 'UNKNOWN_LEADER_EPOCH', 'REPLICA_NOT_AVAILABLE', 'KAFKA_STORAGE_ERROR',
  'NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_LOAD_IN_PROGRESS', 'REQUEST_TIMED_OUT', 'NOT_ENOUGH_REPLICAS', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'NOT_CONTROLLER', 'BROKER_NOT_AVAILABLE', 'UNSTABLE_OFFSET_COMMIT', 'THROTTLING_QUOTA_EXCEEDED',
]);

/** The error that says most: refused credentials before an answer of a broker before a connection that broke. */
export function causeOf(error: unknown): Cause {
  if (error instanceof KafkaClientError) return { kind: 'other', message: error.message, transient: error.retryable };
  const all = [...everyCause(error)];
  const authentication = all.findLast((each) => each instanceof AuthenticationError);
  if (authentication) return { kind: 'authentication', message: authentication.message, transient: false };
  const answer = all.find((each) => each instanceof ProtocolError);
  if (answer) {
    const type = String((answer as { apiId?: unknown }).apiId);
    const said = (answer as { serverErrorMessage?: unknown }).serverErrorMessage;
    return { kind: 'answer', type, message: typeof said === 'string' && said !== '' ? said : answer.message, transient: !hopeless.has(type) && (passing.has(type) || (answer as { canRetry?: unknown }).canRetry === true) };
  }
  const network = all.findLast((each) => (each as { code?: unknown }).code === NetworkError.code) ?? all.find((each) => each instanceof NetworkError);
  if (network) return { kind: 'network', message: network.message, transient: true };
  const [first] = all;
  return { kind: 'other', message: first?.message ?? String(error), transient: false };
}

function* everyCause(error: unknown, depth = 0): Generator<Error> {
  if (!(error instanceof Error) || depth > 10) return;
  yield error;
  if (error instanceof MultipleErrors) for (const each of error.errors as unknown[]) yield* everyCause(each, depth + 1);
  yield* everyCause(error.cause, depth + 1);
}

/** Where the broker thinks about a name differently than we do, the coordinator or the leader is asked for anew. */
const elsewhere = new Set(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_LOAD_IN_PROGRESS']);
export const saysCoordinatorMoved = (cause: Cause): boolean => cause.kind === 'network' || elsewhere.has(cause.type ?? '');

/** The broker does not count us as holder of our partitions any more. */
const lostLease = new Set(['FENCED_MEMBER_EPOCH', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS']);
export const saysLeaseIsLost = ({ type }: Cause): boolean => lostLease.has(type ?? '');

/** The broker forgot the producer or its numbering: only a new producer id helps, and the records may go again under it. */
const brokenNumbering = new Set(['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING']);
export const saysNumberingIsBroken = ({ type }: Cause): boolean => brokenNumbering.has(type ?? '');

/** The code is the broker's own name of the error, or one of ours when no broker answered. */
export function producerError(error: unknown, topics: readonly string[]): ProducerError {
  if (error instanceof ProducerError) return error;
  const cause = causeOf(error);
  const where = topics.join(', ');
  const options = { cause: error };
  if (cause.type === 'UNKNOWN_TOPIC_OR_PARTITION') return new ProducerError(`the broker knows no topic of that name among ${where}: create the topics as declared before producing`, cause.type, false, options);
  if (cause.type === 'TOPIC_AUTHORIZATION_FAILED') return new ProducerError(`this client may not write to one of ${where}: grant Write and Describe as declared`, cause.type, false, options);
  const code = cause.type ?? { authentication: 'SASL_AUTHENTICATION_FAILED', network: 'CONNECTION_CLOSED', answer: 'UNKNOWN', other: 'UNKNOWN' }[cause.kind];
  const retryable = cause.kind !== 'authentication' && !hopeless.has(code);
  return new ProducerError(`Kafka did not acknowledge a send to ${where}: ${cause.message}`, code, retryable, options);
}

/** Says in our words what ended a consumer or an admin call. */
export function clientError(error: unknown, doing: string, details: Readonly<Record<string, unknown>> = {}): KafkaClientError {
  if (error instanceof KafkaClientError) return error;
  const { kind, type, message, transient } = causeOf(error);
  const options = { cause: error };
  if (kind === 'authentication' || type === 'UNSUPPORTED_SASL_MECHANISM') return new KafkaClientError('not_authenticated', `${doing}: the broker refused the credentials (${message})`, false, details, options);
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return new KafkaClientError('unknown_topic', `${doing}: the broker knows no such topic; create it as declared`, false, details, options);
  if (type === 'TOPIC_AUTHORIZATION_FAILED') return new KafkaClientError('topic_not_authorised', `${doing}: this client is not authorised for the topic`, false, details, options);
  if (type === 'GROUP_AUTHORIZATION_FAILED') return new KafkaClientError('group_not_authorised', `${doing}: this client is not authorised for the group; grant Read on it`, false, details, options);
  if (type === 'CLUSTER_AUTHORIZATION_FAILED') return new KafkaClientError('not_a_writer', `${doing}: the broker gives this client no producer id, since it may write to no topic; grant Write on the topics as declared`, false, details, options);
  if (type === 'UNSUPPORTED_VERSION') return new KafkaClientError('unsupported_broker', `${doing}: the broker does not speak what this client needs (${message}); it needs Kafka 4.0 or later with the consumer group protocol`, false, details, options);
  const refusal = [...everyCause(error)].map((each) => tlsRefusal(each.message)).find((meaning) => meaning !== undefined);
  if (refusal !== undefined) return new KafkaClientError('not_authenticated', `${doing}: ${refusal}`, false, details, options);
  if (kind === 'network') return new KafkaClientError('broker_unreachable', `${doing}: ${message === 'Connection closed' ? closedWithoutAWord : `no connection to the broker (${message})`}`, true, details, options);
  return new KafkaClientError((type ?? 'client_failed').toLowerCase(), `${doing}: ${message}`, transient, details, options);
}
