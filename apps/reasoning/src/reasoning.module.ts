// SPDX-License-Identifier: Apache-2.0
import { createEgress } from '@nervus/egress';
import type { KitConfig } from '@nervus/service-kit';
import { type DynamicModule, Module } from '@nestjs/common';
import { AgentsFolder } from './adapters/agents-folder.js';
import { AgentsView } from './adapters/agents-view.js';
import { Models, readModels } from './adapters/brains/models.js';
import { openAiCompatible } from './adapters/brains/openai-compatible.js';
import { ReasoningMetrics } from './adapters/reasoning-metrics.js';
import { ReasoningStores } from './adapters/reasoning-stores.js';
import { Staleness, StopsView } from './adapters/stops-view.js';
import type { ReasoningConfig } from './config.js';
import { AskingLimits, AskModels } from './use-cases/ask-models.js';
import { ChangeRun } from './use-cases/change-run.js';
import { ContinueRunOnDecision } from './use-cases/continue-run-on-decision.js';
import { ContinueRunOnOutcome } from './use-cases/continue-run-on-outcome.js';
import { AgentsWatch, PublishAgents } from './use-cases/publish-agents.js';
import { ResumeRuns } from './use-cases/resume-runs.js';
import { StartRun } from './use-cases/start-run.js';

/** reasoning: signals become intelligence and proposals. It holds no tool credential, and reaches nothing outside but its models. */
@Module({})
export class ReasoningModule {
  /** @param models other models than those of the file, for tests */
  static with(config: ReasoningConfig & KitConfig, models = configuredModels(config.modelsFile)): DynamicModule {
    return {
      module: ReasoningModule,
      controllers: [StartRun, ContinueRunOnDecision, ContinueRunOnOutcome],
      providers: [
        ReasoningStores, ReasoningMetrics, AgentsView, StopsView, ChangeRun, AskModels, ResumeRuns, PublishAgents,
        { provide: Models, useValue: models },
        { provide: AgentsFolder, useValue: new AgentsFolder(config.agentsFolder, config.agentsTenant, models.names) },
        { provide: AgentsWatch, useValue: new AgentsWatch(config.agentsWatchSeconds * 1000) },
        { provide: Staleness, useValue: new Staleness(config.staleAfterSeconds * 1000) },
        { provide: AskingLimits, useValue: new AskingLimits(config.modelConcurrency, config.runLeaseSeconds * 1000) },
      ],
    };
  }
}

function configuredModels(file: string): Models {
  const configs = readModels(file);
  if (configs.length === 0) return new Models(new Map());
  const egress = createEgress();
  return new Models(new Map(configs.map((config) => [config.name, openAiCompatible(config, egress)])));
}
