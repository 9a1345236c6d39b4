// SPDX-License-Identifier: Apache-2.0
import { runService } from '@nervus/service-kit';
import { ApprovalModule } from './approval.module.js';
import { ApprovalConfig } from './config.js';

await runService({ service: 'approval', config: ApprovalConfig, module: (config) => ApprovalModule.with(config) });
