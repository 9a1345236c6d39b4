// SPDX-License-Identifier: Apache-2.0
export * from './clock.js';
export * from './errors.js';
export * from './event.js';
export * from './port.js';
export * from './store.js';
