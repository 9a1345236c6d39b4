// SPDX-License-Identifier: Apache-2.0
export { ConfigError, type ConfigField, environmentName, KitConfig, loadConfig } from './config.js';
export { letterOf, OwnCopies } from './dead-letters/own-copies.js';
export { TopicPrefix } from './dead-letters/topic-prefix.js';
export { evidenceContext, renewalProfile } from './enrolment-introducer.js';
export { Events } from './events.js';
export { Health } from './health.js';
export { EnrolmentRefused, type Introducer } from './key-keeper.js';
export { createKafkaClient } from './kafka-client.js';
export type { Kit, ServiceDefinition } from './kit.js';
export { createLogger } from './logs.js';
export { Metrics } from './metrics.js';
export { OwnIdentity } from './own-identity.js';
export { runService, startService } from './run-service.js';
export type { RunningService } from './running-service.js';
export { ServiceClock } from './service-clock.js';
export { ServiceLogger } from './service-logger.js';
export { Stores } from './stores.js';
export { Sweeps } from './sweeps.js';
