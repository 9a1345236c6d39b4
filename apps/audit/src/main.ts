// SPDX-License-Identifier: Apache-2.0
import { runService } from '@nervus/service-kit';
import { auditService } from './audit-service.js';

await runService(auditService);
