// SPDX-License-Identifier: Apache-2.0
import { type DynamicModule, Module } from '@nestjs/common';
import type { Kit, KitConfig } from '@nervus/service-kit';
import { LogFolder } from '@nervus/verifier';
import { LogController } from './adapters/log.controller.js';
import { openLogKey } from './adapters/log-key.js';
import { LogPages } from './adapters/log-pages.js';
import { RunningLog } from './adapters/running-log.js';
import type { AuditConfig } from './config.js';

@Module({})
export class AuditModule {
  static with(config: AuditConfig & KitConfig, kit: Kit): DynamicModule {
    return {
      module: AuditModule,
      controllers: [LogController],
      providers: [
        { provide: RunningLog, useFactory: () => new RunningLog(config, kit) },
        { provide: LogPages, useFactory: async () => new LogPages(new LogFolder(config.logFolder), (await openLogKey(config.logKeyFolder, config.logOrigin)).signer.verifierKey) },
      ],
    };
  }
}
