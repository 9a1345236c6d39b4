// SPDX-License-Identifier: Apache-2.0
export { type AdapterName, type ClientFactory, type ConformanceBroker, declaredFeatures, kafkaBroker, type MemberOptions, MemberProcess, type MessagingConformance, type MessagingFeature, messagingFeatures, type MessagingFeatures, runMessagingConformance, unsupportedIn, until } from './messaging-conformance.js';
export { databaseKind, kafkaBrokers, kafkaClientKind, mongoUri, uniqueName } from './infrastructure.js';
export { TestTrust, type TestTrustOptions } from './test-trust.js';
export { type Seen, ServiceWorld } from './service-world.js';
