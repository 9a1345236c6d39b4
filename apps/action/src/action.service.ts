// SPDX-License-Identifier: Apache-2.0
import type { ServiceDefinition } from '@nervus/service-kit';
import { ActionModule } from './action.module.js';
import { WayOut } from './adapters/way-out.js';
import { ActionConfig } from './config.js';
import { Perform } from './use-cases/perform.js';
import { TakeUpDue } from './use-cases/take-up-due.js';

/** The action service, as a process or in a test. */
export const actionService: ServiceDefinition<typeof ActionConfig.properties> = {
  service: 'action',
  config: ActionConfig,
  module: (config, kit) => ActionModule.with(config, kit),
  beforeClose: async (app) => {
    await app.get(TakeUpDue).drain();
    await app.get(Perform).idle();
    await app.get(WayOut).close();
  },
};
