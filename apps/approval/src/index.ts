// SPDX-License-Identifier: Apache-2.0
export { ApprovalModule } from './approval.module.js';
export { ApprovalConfig } from './config.js';
