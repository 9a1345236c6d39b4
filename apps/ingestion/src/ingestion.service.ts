// SPDX-License-Identifier: Apache-2.0
import type { ServiceDefinition } from '@nervus/service-kit';
import { prepareServer } from './adapters/http/prepare-server.js';
import { IngestionConfig } from './config.js';
import { IngestionModule } from './ingestion.module.js';
import { PlayRecordings } from './use-cases/play-recordings.js';

/** The ingestion service: a public port for events, and sources that it asks by itself. */
export const ingestionService: ServiceDefinition<(typeof IngestionConfig)['properties']> = {
  service: 'ingestion',
  config: IngestionConfig,
  edge: true,
  module: (config) => IngestionModule.with(config),
  beforeClose: (app) => app.get(PlayRecordings).letGo(),
  http: (app, config) => prepareServer(app, config.bodySeconds),
};
