// SPDX-License-Identifier: Apache-2.0
// What the adapters of the port share, whatever their client library.
export { KafkaClientError } from './client-error.js';
export type { KafkaConnection, KafkaSasl } from './connection.js';
export { type KafkaLog, withoutRepetition } from './log.js';
export { Membership, nameOf } from './membership.js';
export { type Position, StartPositions } from './start-positions.js';
export { closedWithoutAWord, tlsRefusal } from './tls-refusal.js';
