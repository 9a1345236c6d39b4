// SPDX-License-Identifier: Apache-2.0
import { systemRandom } from '@nervus/messaging';
import { type KitConfig, ServiceClock } from '@nervus/service-kit';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { mostBodyBytes } from '@nervus/sources';
import { FeedClient } from './adapters/feeds/feed-client.js';
import { ProblemFilter } from './adapters/http/problem-filter.js';
import { EdgeLimits, ReceiveEvent } from './adapters/http/receive-event.js';
import { SourcesController } from './adapters/http/sources.controller.js';
import { FolderSources } from './adapters/folder-sources.js';
import { IngestionMetrics } from './adapters/ingestion-metrics.js';
import { IngestionStores } from './adapters/ingestion-stores.js';
import { RecordingFiles } from './adapters/recording-files.js';
import { ReloadSecrets } from './adapters/reload-secrets.js';
import { SecretFiles } from './adapters/secret-files.js';
import { loadSources } from './adapters/source-files.js';
import type { IngestionConfig } from './config.js';
import { Window } from './domain/memory.js';
import { Room } from './domain/room.js';
import { Sources } from './domain/sources.js';
import { AcceptEvent } from './use-cases/accept-event.js';
import { AcceptItems } from './use-cases/accept-items.js';
import { ApplySource } from './use-cases/apply-source.js';
import { ChangeSource } from './use-cases/change-source.js';
import { PauseSource } from './use-cases/pause-source.js';
import { FireSchedules } from './use-cases/fire-schedules.js';
import { Jitter, PollFeeds } from './use-cases/poll-feeds.js';
import { PlayRecordings } from './use-cases/play-recordings.js';
import { PublishFolder } from './use-cases/publish-folder.js';
import { StandAsPublished } from './use-cases/stand-as-published.js';

/** An unacknowledged signal of this age means that Kafka does not answer. */
const stalledMs = 3_000;

/** ingestion: the outside becomes signals. */
@Module({})
export class IngestionModule {
  /** @throws SourcesInvalid naming every fault of every manifest */
  static with(config: IngestionConfig & KitConfig): DynamicModule {
    const { sources, secrets, recordings } = loadSources(config.sources, config);
    const internal = new Set(config.internalFeeds.split(',').filter((address) => address !== ''));
    const room = new Room({ records: config.maxInHandRecords, bytes: config.maxInHandBytes, stalledMs });
    return {
      module: IngestionModule,
      controllers: [SourcesController, ApplySource, PauseSource],
      providers: [
        IngestionStores, IngestionMetrics, AcceptEvent, AcceptItems, ReceiveEvent, PollFeeds, FireSchedules, PlayRecordings, ReloadSecrets, ChangeSource, StandAsPublished, PublishFolder,
        { provide: Sources, useValue: new Sources(sources) },
        { provide: FolderSources, useValue: new FolderSources(sources) },
        { provide: SecretFiles, useValue: secrets },
        { provide: RecordingFiles, useValue: recordings },
        {
          provide: Room,
          useFactory: (metrics: IngestionMetrics) => {
            metrics.watch(room);
            return room;
          },
          inject: [IngestionMetrics],
        },
        { provide: EdgeLimits, useValue: new EdgeLimits(mostBodyBytes, config.bodySeconds * 1000, config.acknowledgeSeconds * 1000) },
        { provide: Window, useValue: new Window(config.dedupeDays) },
        { provide: Jitter, useValue: new Jitter(systemRandom) },
        { provide: FeedClient, useFactory: (clock: ServiceClock) => new FeedClient(clock, internal), inject: [ServiceClock] },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }
}
