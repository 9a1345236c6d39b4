// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { megabytesPerBroker, requireMemory } from './memory.js';

const megabyte = 1024 * 1024;

it('refuses several brokers where the system would end them later, and says how much is missing', () => {
  expect(() => requireMemory(3, 700 * megabyte)).toThrow(/3 brokers need 1500 MB and 700 MB are available/);
});

it('is content with just enough', () => expect(() => requireMemory(3, 3 * megabytesPerBroker * megabyte)).not.toThrow());

it('reads what the system says', () => expect(() => requireMemory(0)).not.toThrow());
