// SPDX-License-Identifier: Apache-2.0
export { ActionConfig } from './config.js';
export { actionService } from './action.service.js';
