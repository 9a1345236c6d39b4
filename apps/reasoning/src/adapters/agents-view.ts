// SPDX-License-Identifier: Apache-2.0
import { AgentChanged, type SignalAccepted } from '@nervus/contracts';
import { validateAgent } from '@nervus/agent-manifest';
import { Tables, UnavailableError } from '@nervus/messaging';
import { ServiceLogger } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { filesFrom } from '../domain/publication.js';
import { isTriggeredBy, loadAgent, type LoadedAgent } from '../domain/loaded-agent.js';
import { ReasoningStores } from './reasoning-stores.js';

/** The agents in force, compiled. The compacted topic says which; their files come from the database, by digest. */
@Injectable()
export class AgentsView {
  private readonly inForce = new Map<string, { readonly recordVersion: number; readonly enabled: boolean; readonly agent: LoadedAgent | undefined }>();
  private readonly byDigest = new Map<string, LoadedAgent>();
  private published = false;

  constructor(
    private readonly stores: ReasoningStores,
    private readonly logger: ServiceLogger,
    tables: Tables,
  ) {
    tables.on(
      AgentChanged,
      async ({ key, data }) => this.see(key.split('/')[0] ?? '', data),
      ({ key }) => void this.inForce.delete(key),
    );
  }

  /** The folder was read once: from now on signals may be judged. */
  markPublished(): void {
    this.published = true;
  }

  recordVersionOf(tenant: string, name: string): number {
    return this.inForce.get(`${tenant}/${name}`)?.recordVersion ?? 0;
  }

  /**
   * Agents that a signal starts.
   * @throws UnavailableError until the agents were published at the first start: a signal that came earlier would be lost
   */
  triggeredBy(tenant: string, signal: SignalAccepted): LoadedAgent[] {
    if (!this.published) throw new UnavailableError('agents_not_published', 'the agents are still being published: the signal waits for them');
    return [...this.inForce].flatMap(([key, { agent, enabled }]) => (agent && enabled && key.startsWith(`${tenant}/`) && isTriggeredBy(agent, signal) ? [agent] : []));
  }

  /** The agent that a run began with, also when a newer one is in force. */
  async load(tenant: string, name: string, digest: string, recordVersion: number): Promise<LoadedAgent | undefined> {
    const key = `${tenant}/${name}/${digest}`;
    const known = this.byDigest.get(key);
    if (known?.recordVersion === recordVersion) return known;
    const stored = await this.stores.agentFiles.read(key);
    const { agent } = stored ? validateAgent(filesFrom(stored.state)) : {};
    if (!agent || agent.digest !== digest) return undefined;
    const loaded = loadAgent(tenant, agent, recordVersion);
    this.byDigest.set(key, loaded);
    return loaded;
  }

  /** A record of the topic, or one that this process just published. Lower versions change nothing. */
  async see(tenant: string, { name, digest, recordVersion, enabled }: Pick<AgentChanged, 'name' | 'digest' | 'recordVersion' | 'enabled'>): Promise<void> {
    const key = `${tenant}/${name}`;
    if ((this.inForce.get(key)?.recordVersion ?? 0) >= recordVersion) return;
    const agent = await this.load(tenant, name, digest, recordVersion);
    if (!agent) this.logger.error({ code: 'agent_files_missing', agent: key, digest }, 'an agent is in force whose files are not in the database, or are not those; it does nothing until they are published again');
    if ((this.inForce.get(key)?.recordVersion ?? 0) < recordVersion) this.inForce.set(key, { recordVersion, enabled, agent });
  }

  /** Files that were missing are there now. */
  async reload(tenant: string, name: string, digest: string): Promise<void> {
    const key = `${tenant}/${name}`;
    const entry = this.inForce.get(key);
    if (!entry || entry.agent) return;
    const agent = await this.load(tenant, name, digest, entry.recordVersion);
    if (agent) this.inForce.set(key, { ...entry, agent });
  }
}
