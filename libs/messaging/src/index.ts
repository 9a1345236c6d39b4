// SPDX-License-Identifier: Apache-2.0
export { backoffMs, pause, within } from './bounded.js';
export * from './clock.js';
export * from './engine/engine.js';
export * from './engine/engine-metrics.js';
export type { Lease } from './engine/lease.js';
export { type IntakeLimits, defaultIntakeLimits } from './engine/partition-intake.js';
export * from './errors.js';
export * from './event.js';
export * from './port.js';
export * from './store.js';
