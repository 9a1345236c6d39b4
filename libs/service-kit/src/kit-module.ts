// SPDX-License-Identifier: Apache-2.0
import { Tables } from '@nervus/messaging';
import { WorkloadDirectory } from '@nervus/trust';
import { type DynamicModule, Module } from '@nestjs/common';
import { AnswerCommand } from './dead-letters/answer-command.js';
import { CarryOutDiscard } from './dead-letters/carry-out-discard.js';
import { CarryOutRedrive } from './dead-letters/carry-out-redrive.js';
import { CarryOutReplay } from './dead-letters/carry-out-replay.js';
import { OwnCopies } from './dead-letters/own-copies.js';
import { TopicPrefix } from './dead-letters/topic-prefix.js';
import { Events } from './events.js';
import { Health } from './health.js';
import type { Kit } from './kit.js';
import { Metrics } from './metrics.js';
import { OwnIdentity } from './own-identity.js';
import { ServiceLogger } from './service-logger.js';
import { ServiceClock } from './service-clock.js';
import { Stores } from './stores.js';
import { Sweeps } from './sweeps.js';

/** Makes every part of the kit injectable by its class, everywhere in the service, and handles what is the same for all services. */
@Module({})
export class KitModule {
  /** The root of a service: the kit for everyone, and the service's own module. */
  static with(kit: Kit, service: DynamicModule): DynamicModule {
    const values: readonly (readonly [provide: unknown, useValue: unknown])[] = [
      [ServiceClock, kit.clock], [OwnIdentity, kit.identity], [WorkloadDirectory, kit.directory], [Events, kit.events], [Stores, kit.stores], [Tables, kit.tables],
      [Sweeps, kit.sweeps], [OwnCopies, kit.copies], [TopicPrefix, kit.topicPrefix], [Health, kit.health], [Metrics, kit.metrics], [ServiceLogger, kit.logger],
    ];
    const providers = values.map(([provide, useValue]) => ({ provide: provide as symbol, useValue }));
    // What every service does with its own dead letters; audit has none, and takes records past Nest.
    const controllers = kit.service === 'audit' ? [] : [CarryOutRedrive, CarryOutDiscard, CarryOutReplay];
    return { module: KitModule, global: true, imports: [service], controllers, providers: [...providers, AnswerCommand], exports: [...providers.map(({ provide }) => provide), AnswerCommand] };
  }
}
