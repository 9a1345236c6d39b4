// SPDX-License-Identifier: Apache-2.0
import { createEgress, type Egress } from '@nervus/egress';
import { systemRandom } from '@nervus/messaging';
import type { Kit, KitConfig } from '@nervus/service-kit';
import { type DynamicModule, Module } from '@nestjs/common';
import { ActionMetrics } from './adapters/action-metrics.js';
import { ActionStores } from './adapters/action-stores.js';
import { Credentials } from './adapters/credentials.js';
import { Destinations } from './adapters/destinations.js';
import { GuardedCalls } from './adapters/guarded-calls.js';
import { MeshView } from './adapters/mesh-view.js';
import { Receipts } from './adapters/receipts.js';
import { Toolbox } from './adapters/toolbox.js';
import { AlertLog } from './adapters/tools/alert-log.js';
import { HttpRequest } from './adapters/tools/http-request.js';
import { WebhookSend } from './adapters/tools/webhook-send.js';
import { WayOut } from './adapters/way-out.js';
import type { ActionConfig } from './config.js';
import { CarryOut } from './use-cases/carry-out.js';
import { CarryOutDecision } from './use-cases/carry-out-decision.js';
import { ActionDocuments } from './use-cases/documents.js';
import { Perform } from './use-cases/perform.js';
import { Prepare } from './use-cases/prepare.js';
import { ReconcileSent } from './use-cases/reconcile-sent.js';
import { ResumeHeld } from './use-cases/resume-held.js';
import { ActionSettings } from './use-cases/settings.js';
import { TakeUpDue } from './use-cases/take-up-due.js';

/** action: the only policy enforcement point, and the only service with wide egress. */
@Module({})
export class ActionModule {
  static with(config: ActionConfig & KitConfig, kit: Kit): DynamicModule {
    const { clock, directory, events, health, identity, metrics, stores, tables } = kit;
    const egress: Egress = createEgress({ connectionsPerHost: config.concurrentPerTarget });
    const now = (): number => clock.now();
    const sender = { egress, destinations: Destinations.read(config.destinations), key: () => identity.key, now };
    const tools = new Toolbox([new AlertLog(config.alertRoot, now), new HttpRequest(sender), new WebhookSend(sender)]);
    health.check('tools', () => tools.problem());
    const calls: GuardedCalls = new GuardedCalls(clock, { retried: (tool) => actionMetrics.retried(tool) }, { concurrent: config.concurrentPerTarget });
    const actionMetrics = new ActionMetrics(metrics, () => calls.breakerStates());
    const settings = new ActionSettings(config.trustDomain, identity.epoch, config.staleAfterSeconds * 1000, config.auditSilentMinutes * 60_000, config.receiptWaitMs, config.credentialWaitMs, config.callSeconds * 1000, systemRandom);
    return {
      module: ActionModule,
      controllers: [CarryOutDecision],
      providers: [
        ActionDocuments, CarryOut, Perform, Prepare, ReconcileSent, ResumeHeld, TakeUpDue,
        { provide: ActionSettings, useValue: settings },
        { provide: ActionStores, useValue: new ActionStores(stores, config.keptDays) },
        { provide: ActionMetrics, useValue: actionMetrics },
        { provide: Toolbox, useValue: tools },
        { provide: GuardedCalls, useValue: calls },
        { provide: MeshView, useValue: new MeshView(tables, directory, clock) },
        { provide: Receipts, useValue: new Receipts(tables, clock) },
        { provide: Credentials, useValue: new Credentials(tables, events, identity, clock) },
        { provide: WayOut, useValue: new WayOut(egress) },
      ],
    };
  }
}
