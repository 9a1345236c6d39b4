// SPDX-License-Identifier: Apache-2.0
import type { KitConfig } from '@nervus/service-kit';
import { type DynamicModule, Module } from '@nestjs/common';
import { ActivePolicies } from './adapters/active-policies.js';
import { AgentsView } from './adapters/agents-view.js';
import { ApprovalMetrics } from './adapters/approval-metrics.js';
import { ApprovalStores } from './adapters/approval-stores.js';
import { CurrentWorld, PermitLives } from './adapters/current-world.js';
import { PolicyFolder } from './adapters/policy-set-files.js';
import { StopsView } from './adapters/stops-view.js';
import type { ApprovalConfig } from './config.js';
import { AcceptVerdict } from './use-cases/accept-verdict.js';
import { ActivateFirstPolicySet } from './use-cases/activate-first-policy-set.js';
import { BeatPulse } from './use-cases/beat-pulse.js';
import { ChangeStops } from './use-cases/change-stops.js';
import { EndRequests } from './use-cases/end-requests.js';
import { ResumeStop } from './use-cases/resume-stop.js';
import { RuleAgainOnReturnedPermit } from './use-cases/rule-again-on-returned-permit.js';
import { RuleOnProposal } from './use-cases/rule-on-proposal.js';
import { ThrowStop } from './use-cases/throw-stop.js';

/** approval: the only policy decision point. No HTTP, no egress. */
@Module({})
export class ApprovalModule {
  static with(config: ApprovalConfig & KitConfig): DynamicModule {
    return {
      module: ApprovalModule,
      controllers: [RuleOnProposal, RuleAgainOnReturnedPermit, AcceptVerdict, ThrowStop, ResumeStop],
      providers: [ApprovalStores, ApprovalMetrics, AgentsView, StopsView, ActivePolicies, CurrentWorld, ChangeStops, EndRequests, BeatPulse, ActivateFirstPolicySet, { provide: PolicyFolder, useValue: new PolicyFolder(config.policies) }, { provide: PermitLives, useValue: new PermitLives(config.permitSeconds) }],
    };
  }
}
