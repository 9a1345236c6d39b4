// SPDX-License-Identifier: Apache-2.0
import type { ServiceDefinition } from '@nervus/service-kit';
import { prepareServer } from './adapters/http/prepare-server.js';
import { Streams } from './adapters/http/streams.js';
import { Lists } from './adapters/lists.js';
import { ConsoleConfig } from './config.js';
import { ConsoleModule } from './console.module.js';
import { RecordDeadLetter } from './use-cases/record-dead-letter.js';

/** Milliseconds between fetches: what a person sees may be so much older. */
const restMs = 200;

/** The console service: read models, and a public port for browsers and the command line. */
export const consoleService: ServiceDefinition<(typeof ConsoleConfig)['properties']> = {
  service: 'console',
  config: ConsoleConfig,
  edge: true,
  restMs,
  module: (config, kit) => ConsoleModule.with(config, kit),
  deadLetters: (app) => {
    const use = app.get(RecordDeadLetter);
    return (letter) => use.handle(letter);
  },
  http: (app, config) => prepareServer(app, config.origin.startsWith('https:')),
  // Streams never end by themselves: the server would wait for them.
  beforeDrain: (app) => {
    app.get(Streams).close();
    return Promise.resolve();
  },
  beforeClose: (app) => app.get(Lists).close(),
};
