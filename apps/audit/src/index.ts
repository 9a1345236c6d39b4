// SPDX-License-Identifier: Apache-2.0
export { openLogKey } from './adapters/log-key.js';
