// SPDX-License-Identifier: Apache-2.0
import { runService } from '@nervus/service-kit';
import { ReasoningConfig } from './config.js';
import { ReasoningModule } from './reasoning.module.js';
import { AskModels } from './use-cases/ask-models.js';

await runService({ service: 'reasoning', config: ReasoningConfig, module: (config) => ReasoningModule.with(config), beforeClose: (app) => app.get(AskModels).close() });
