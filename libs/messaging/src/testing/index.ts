// SPDX-License-Identifier: Apache-2.0
export { FakeClock, settled } from './fake-clock.js';
export { MemoryBroker } from './memory-broker.js';
export type { MemoryFaults } from './memory-faults.js';
export type { MemoryGroup } from './memory-group.js';
export { murmur2, partitionOf } from './murmur2.js';
export * from './memory-parking.js';
