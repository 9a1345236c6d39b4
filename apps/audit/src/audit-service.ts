// SPDX-License-Identifier: Apache-2.0
import type { ServiceDefinition } from '@nervus/service-kit';
import { RunningLog } from './adapters/running-log.js';
import { AuditModule } from './audit.module.js';
import { AuditConfig } from './config.js';

/** Milliseconds for which a stopping process reads what the others wrote last. */
const readToEndMs = 10_000;

/** Milliseconds between fetches. Everything of the mesh comes here, and only tier 2 waits for what audit says of it. */
const restMs = 40;

/** audit as the kit runs it: every record as bytes, the log opened before the first of them, closed after the last. */
export const auditService: ServiceDefinition<typeof AuditConfig.properties> = {
  service: 'audit',
  config: AuditConfig,
  edge: true,
  restMs,
  module: (config, kit) => AuditModule.with(config, kit),
  subscriptions: (app) => app.get(RunningLog).subscriptions(),
  beforeDrain: (app) => app.get(RunningLog).readToEnd(readToEndMs),
  beforeClose: (app) => app.get(RunningLog).close(),
};
