// SPDX-License-Identifier: Apache-2.0
// A mesh of which only approval is real: the test publishes as the other services and reads what approval wrote.
import { fileURLToPath } from 'node:url';
import { AgentChanged, type DataOf, DecisionMade, derivedId, ProposalMade, type RecordType, rootId, topics } from '@nervus/contracts';
import type { NewEvent, PublishReceipt } from '@nervus/messaging';
import type { RunningService } from '@nervus/service-kit';
import { type Seen, ServiceWorld } from '@nervus/testing';
import { digestOfAction } from '@nervus/trust';
import { ApprovalModule } from '../src/approval.module.js';
import { ApprovalConfig } from '../src/config.js';

export type { Seen } from '@nervus/testing';

const shippedPolicies = fileURLToPath(new URL('../../../policies', import.meta.url));
type Running = RunningService<typeof ApprovalConfig.properties>;

export class ApprovalMesh {
  private constructor(private readonly world: ServiceWorld) {}

  static async open(): Promise<ApprovalMesh> {
    return new ApprovalMesh(await ServiceWorld.open('approval'));
  }

  /**
   * What approval wrote, each record once: a process publishes again what it finds in the outbox of a document, and
   * readers know it by its id.
   */
  get seen(): readonly Seen[] {
    return [...new Map(this.world.seen.toReversed().map((one) => [one.id, one])).values()].toReversed();
  }

  get prefix(): string {
    return this.world.prefix;
  }

  get trust(): ServiceWorld['trust'] {
    return this.world.trust;
  }

  /** Starts one approval process's worth of service in this process; several share database and group. */
  start(policyFolder = shippedPolicies): Promise<Running> {
    return this.world.start({ service: 'approval', config: ApprovalConfig, module: (config) => ApprovalModule.with(config) }, { NERVUS_POLICIES: policyFolder });
  }

  stop(service: Running): Promise<void> {
    return this.world.stop(service);
  }

  close(): Promise<void> {
    return this.world.close();
  }

  publish<R extends RecordType>(type: R, event: NewEvent<R>): Promise<readonly PublishReceipt[]> {
    return this.world.publish(type, event);
  }

  agent(data: AgentChanged, tenant = 'default'): Promise<unknown> {
    return this.publish(AgentChanged, { tenant, key: data.name, id: derivedId('agent', tenant, data.name, String(data.recordVersion)), data });
  }

  propose(data: ProposalMade, changes: { tenant?: string; actiondigest?: string } = {}): Promise<unknown> {
    return this.publish(ProposalMade, { tenant: changes.tenant ?? data.action.tenant, key: data.action.runId, id: derivedId('proposal', data.action.actionId), data, extensions: { actiondigest: changes.actiondigest ?? digestOfAction(data.action) } });
  }

  command<R extends (typeof topics.console.commands.records)[number]>(type: R, about: string, data: DataOf<R>, tenant = 'default'): Promise<unknown> {
    return this.publish(type, { tenant, key: about, id: rootId(Date.now()), data });
  }

  /** All records of a type seen so far that fit. */
  of<R extends RecordType>(type: R, fits: (data: DataOf<R>) => boolean = () => true): Seen<DataOf<R>>[] {
    return this.seen.filter((one): one is Seen<DataOf<R>> => one.type === type.type && fits(one.data as DataOf<R>));
  }

  /** Waits until at least `count` such records are there. */
  async until<R extends RecordType>(type: R, fits: (data: DataOf<R>) => boolean = () => true, count = 1): Promise<Seen<DataOf<R>>[]> {
    await this.world.when(() => this.of(type, fits).length >= count, `${count} ${type.type}`);
    return this.of(type, fits);
  }

  async decisionOn(actionId: string, count = 1): Promise<Seen<DecisionMade>> {
    const found = (await this.until(DecisionMade, ({ action }) => action.actionId === actionId, count)).at(-1);
    if (!found) throw new Error('no decision');
    return found;
  }
}
