// SPDX-License-Identifier: Apache-2.0
import { totalmem } from 'node:os';
import { InfrastructureError } from './errors.js';

/** Of one broker of several: its heap, and what the JVM needs beside it. */
export const megabytesPerBroker = 500;

/**
 * Several brokers on a machine without room for them would be ended by the system in the middle of their work.
 * @throws InfrastructureError `memory_low`
 */
export function requireMemory(brokers: number, availableBytes: number = bytesAvailable()): void {
  const needed = brokers * megabytesPerBroker;
  const available = Math.floor(availableBytes / 1024 / 1024);
  if (available >= needed) return;
  throw new InfrastructureError('memory_low', `There is too little memory: ${brokers} brokers need ${needed} MB and ${available} MB are available. Close something, or start a single broker`, { needed, available });
}

/** Outside Linux what is free says little, since the system takes cached pages back when they are wanted. */
const bytesAvailable = (): number => (process.platform === 'linux' ? process.availableMemory() : totalmem());
