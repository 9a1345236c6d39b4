// SPDX-License-Identifier: Apache-2.0
export { createKafkaJsClient, type KafkaJsClientOptions } from './client.js';
export { KafkaClientError } from './errors.js';
export type { KafkaLog } from './log.js';
