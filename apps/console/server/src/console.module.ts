// SPDX-License-Identifier: Apache-2.0
import { type Kit, type KitConfig, ServiceLogger } from '@nervus/service-kit';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, HttpAdapterHost } from '@nestjs/core';
import { Answers } from './adapters/answers.js';
import { Changes } from './adapters/changes.js';
import { ConsoleMetrics } from './adapters/console-metrics.js';
import { FreshnessView } from './adapters/freshness-view.js';
import { Access } from './adapters/http/access.js';
import { DeadLettersController } from './adapters/http/dead-letters.controller.js';
import { ListsController } from './adapters/http/lists.controller.js';
import { OwnDoor } from './adapters/http/own-door.js';
import { PagesController } from './adapters/http/pages.controller.js';
import { ProblemFilter } from './adapters/http/problem-filter.js';
import { RequestsController } from './adapters/http/requests.controller.js';
import { RunsController } from './adapters/http/runs.controller.js';
import { SessionController } from './adapters/http/session.controller.js';
import { SourcesController } from './adapters/http/sources.controller.js';
import { StopsController } from './adapters/http/stops.controller.js';
import { StreamController } from './adapters/http/stream.controller.js';
import { Streams } from './adapters/http/streams.js';
import { LetterContents } from './adapters/letter-contents.js';
import { Lists } from './adapters/lists.js';
import { MeshView } from './adapters/mesh-view.js';
import { Queries } from './adapters/queries.js';
import { ReadModels } from './adapters/read-models.js';
import { Seats } from './adapters/seats.js';
import { Sessions } from './adapters/sessions.js';
import type { ConsoleConfig } from './config.js';
import { Feed } from './domain/feed.js';
import { GiveCommand } from './use-cases/give-command.js';
import { LogIn } from './use-cases/log-in.js';
import { RecordAction } from './use-cases/record-action.js';
import { RecordDeadLetter } from './use-cases/record-dead-letter.js';
import { RecordFinding } from './use-cases/record-finding.js';
import { recordHeartbeats } from './use-cases/record-heartbeat.js';
import { RecordIntelligence } from './use-cases/record-intelligence.js';
import { RecordRequest } from './use-cases/record-request.js';
import { RecordRun } from './use-cases/record-run.js';

/** console: the face for people. It reads, shows, and hands commands on; it has no rules of its own. */
@Module({})
export class ConsoleModule {
  static with(config: ConsoleConfig & KitConfig, kit: Kit): DynamicModule {
    return {
      module: ConsoleModule,
      controllers: [RecordRequest, RecordAction, RecordRun, RecordIntelligence, RecordFinding, ...recordHeartbeats, SessionController, RequestsController, StopsController, SourcesController, ListsController, DeadLettersController, RunsController, StreamController, PagesController],
      providers: [
        ReadModels, ConsoleMetrics, MeshView, FreshnessView, Answers, Sessions, Queries, Streams, GiveCommand, LogIn, RecordDeadLetter,
        { provide: Changes, useValue: new Changes(new Feed(kit.identity.epoch)) },
        { provide: Seats, useFactory: (logger: ServiceLogger) => new Seats(config.seats, logger), inject: [ServiceLogger] },
        { provide: OwnDoor, useFactory: (host: HttpAdapterHost) => new OwnDoor(config.origin, host), inject: [HttpAdapterHost] },
        { provide: Lists, useFactory: () => Lists.open(config.mongodbUri, config.database ?? 'nervus_console') },
        { provide: LetterContents, useValue: new LetterContents(kit.client, config.topicPrefix, kit.clock) },
        { provide: APP_GUARD, useClass: Access },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }
}
