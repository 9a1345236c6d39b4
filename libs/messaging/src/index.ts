// SPDX-License-Identifier: Apache-2.0
export { backoffMs, pause, within } from './bounded.js';
export * from './clock.js';
export * from './engine/engine.js';
export * from './engine/engine-metrics.js';
export type { Lease } from './engine/lease.js';
export { type IntakeLimits, defaultIntakeLimits } from './engine/partition-intake.js';
export * from './errors.js';
export * from './event-factory.js';
export * from './event.js';
export * from './port.js';
export { Publisher, type PublisherOptions } from './publisher/publisher.js';
export * from './publisher/publisher-metrics.js';
export type { SigningKey } from './publisher/send-queue.js';
export { type RecordValidator, validatorOf } from './record-validator.js';
export * from './store.js';
export { activeTraceparent, contextOf, parseTraceparent } from './tracing.js';
