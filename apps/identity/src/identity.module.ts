// SPDX-License-Identifier: Apache-2.0
import { Tables } from '@nervus/messaging';
import { type Kit, type KitConfig, ServiceClock } from '@nervus/service-kit';
import { WorkloadDirectory } from '@nervus/trust';
import { type DynamicModule, Module } from '@nestjs/common';
import { DiscoveryController } from './adapters/discovery.controller.js';
import { EnrolmentPolicy } from './adapters/enrolment-policy.js';
import { Issuer } from './adapters/issuer.js';
import { KeyFiles } from './adapters/key-files.js';
import { MeshView } from './adapters/mesh-view.js';
import { IdentityStores } from './adapters/stores.js';
import { TokenKeys } from './adapters/token-keys.js';
import type { IdentityConfig } from './config.js';
import { EnrolWorkload } from './use-cases/enrol-workload.js';
import { ForgetEndedKeys } from './use-cases/forget-ended-keys.js';
import { MintCredential } from './use-cases/mint-credential.js';

@Module({})
export class IdentityModule {
  static with(config: IdentityConfig & KitConfig, kit: Kit): DynamicModule {
    return {
      module: IdentityModule,
      controllers: [EnrolWorkload, MintCredential, DiscoveryController],
      providers: [
        IdentityStores,
        ForgetEndedKeys,
        { provide: Issuer, useValue: new Issuer(config.issuer) },
        { provide: KeyFiles, useFactory: () => new KeyFiles(config.keyFolder, kit.bundle) },
        {
          provide: EnrolmentPolicy,
          useFactory: (keys: KeyFiles, directory: WorkloadDirectory) => new EnrolmentPolicy(keys, directory, config.trustRules, { trustDomain: config.trustDomain, keySeconds: config.keySeconds }, config.keptDays),
          inject: [KeyFiles, WorkloadDirectory],
        },
        { provide: MeshView, useFactory: (tables: Tables, directory: WorkloadDirectory, clock: ServiceClock) => new MeshView(tables, directory, clock, config.staleAfterSeconds * 1000), inject: [Tables, WorkloadDirectory, ServiceClock] },
        { provide: TokenKeys, useFactory: (stores: IdentityStores, clock: ServiceClock) => new TokenKeys(stores, clock, config.tokenKeySeconds), inject: [IdentityStores, ServiceClock] },
      ],
    };
  }
}
