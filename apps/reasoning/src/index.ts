// SPDX-License-Identifier: Apache-2.0
export { ReasoningConfig } from './config.js';
export { ReasoningModule } from './reasoning.module.js';
