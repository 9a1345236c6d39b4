// SPDX-License-Identifier: Apache-2.0
import type { ServiceDefinition } from '@nervus/service-kit';
import { KeyFiles } from './adapters/key-files.js';
import { RootIntroducer } from './adapters/root-introducer.js';
import { IdentityConfig } from './config.js';
import { IdentityModule } from './identity.module.js';

/** Who everyone is: makes workload keys known and mints the credential of one permit. */
export const identityService: ServiceDefinition<typeof IdentityConfig.properties> = {
  service: 'identity',
  config: IdentityConfig,
  edge: true,
  module: (config, kit) => IdentityModule.with(config, kit),
  introducer: (config, kit) => new RootIntroducer(kit.identity, new KeyFiles(config.keyFolder, kit.bundle).root, config.keySeconds, kit.clock),
};
