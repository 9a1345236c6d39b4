// SPDX-License-Identifier: Apache-2.0
export { createKafkaJsClient } from './client.js';
