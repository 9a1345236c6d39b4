// SPDX-License-Identifier: Apache-2.0
export { type ConformanceBroker, type MessagingConformance, type MessagingFeatures, runMessagingConformance } from './messaging-conformance.js';
export { databaseKind, kafkaBrokers, kafkaClientKind, mongoUri, uniqueName } from './infrastructure.js';
export { TestTrust, type TestTrustOptions } from './test-trust.js';
export { type Seen, ServiceWorld } from './service-world.js';
