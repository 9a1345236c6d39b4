// SPDX-License-Identifier: Apache-2.0
import { runService } from '@nervus/service-kit';
import { KeyFiles } from './adapters/key-files.js';
import { RootIntroducer } from './adapters/root-introducer.js';
import { IdentityConfig } from './config.js';
import { IdentityModule } from './identity.module.js';

await runService({
  service: 'identity',
  config: IdentityConfig,
  edge: true,
  module: (config, kit) => IdentityModule.with(config, kit),
  introducer: (config, kit) => new RootIntroducer(kit.identity, new KeyFiles(config.keyFolder, kit.bundle).root, config.keySeconds, kit.clock),
});
