// SPDX-License-Identifier: Apache-2.0
import { AgentChanged, derivedId } from '@nervus/contracts';
import type { Agent } from '@nervus/agent-manifest';
import { type Decision } from '@nervus/messaging';
import { Events, ServiceLogger, Sweeps } from '@nervus/service-kit';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type Candidate, AgentsFolder } from '../adapters/agents-folder.js';
import { AgentsView } from '../adapters/agents-view.js';
import { ReasoningMetrics } from '../adapters/reasoning-metrics.js';
import { ReasoningStores } from '../adapters/reasoning-stores.js';
import { type Publication, publicationOf, type PublishedAgent, storedFiles } from '../domain/publication.js';

/** How often the folder is looked at; from the configuration. */
export class AgentsWatch {
  constructor(readonly everyMs: number) {}
}

/**
 * Reads the agents folder at start and again and again, and publishes what is new and good. A bad file is reported with
 * all its faults and never replaces the version in force; an older version never replaces a newer one, so replicas of
 * two releases do not fight.
 */
@Injectable()
export class PublishAgents implements OnApplicationBootstrap {
  /** What was last said of each directory, so that a fault is logged once and not at every look. */
  private readonly said = new Map<string, string>();
  /** The folder as it was when all of it was published. */
  private published: string | undefined;

  constructor(
    private readonly folder: AgentsFolder,
    private readonly stores: ReasoningStores,
    private readonly view: AgentsView,
    private readonly events: Events,
    private readonly metrics: ReasoningMetrics,
    private readonly logger: ServiceLogger,
    sweeps: Sweeps,
    watch: AgentsWatch,
  ) {
    sweeps.every('publish-agents', watch.everyMs, () => this.publish());
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.publish();
    this.view.markPublished();
  }

  async publish(): Promise<void> {
    const signature = this.folder.signature();
    if (signature === this.published) return;
    let invalid = 0;
    for (const candidate of this.folder.read()) {
      const { agent } = candidate.validation;
      if (!agent) {
        invalid++;
        this.say(candidate, 'agent_invalid', `the agent in ${candidate.directory} has faults and is not published`);
        continue;
      }
      const publication = await this.offer(candidate, agent);
      if (publication.kind === 'version_reused') {
        invalid++;
        this.say(candidate, 'agent_version_reused', `the agent in ${candidate.directory} differs from version ${publication.inForce.version} in force: give it a new version`);
      } else if (publication.kind === 'older') this.say(candidate, 'agent_older', `the agent in ${candidate.directory} is older than version ${publication.inForce.version} in force and changes nothing`);
      else if (candidate.faults.length > 0) this.say(candidate, 'agent_warnings', `the agent in ${candidate.directory} is published; it has warnings`);
    }
    this.metrics.invalidAgents.set(invalid);
    // Only now: a look that failed half-way is made again.
    this.published = signature;
  }

  private async offer(candidate: Candidate, agent: Agent): Promise<Publication> {
    const { name } = agent.manifest.metadata;
    const tenant = agent.manifest.metadata.tenant ?? this.folder.tenant;
    const id = `${tenant}/${name}`;
    const seen = this.view.recordVersionOf(tenant, name);
    const inForce = (await this.stores.agents.read(id))?.state;
    if (inForce?.digest === agent.digest && seen >= inForce.recordVersion) {
      await this.storeFiles(id, candidate, agent);
      await this.view.reload(tenant, name, agent.digest);
      return { kind: 'in_force' };
    }
    // Files first: whoever learns of the agent finds them.
    await this.storeFiles(id, candidate, agent);
    let publication: Publication = { kind: 'in_force' };
    const eventId = derivedId('publish-agent', tenant, name, agent.digest, String(seen));
    const { state } = await this.stores.agents.apply(
      id,
      eventId,
      (current): Decision<PublishedAgent> => {
        publication = publicationOf(current, agent, seen);
        if (publication.kind !== 'publish') return 'unchanged';
        return { state: publication.agent, events: [this.events.of(AgentChanged, { key: name, tenant, id: derivedId('agent-changed', tenant, name, String(publication.agent.recordVersion), agent.digest), data: publication.data })] };
      },
      { until: 'published' },
    );
    // Also what another replica published a moment ago, and the topic has not brought yet.
    if (state) await this.view.see(tenant, { ...state, enabled: true });
    return this.logged(tenant, name, publication);
  }

  private logged(tenant: string, name: string, publication: Publication): Publication {
    if (publication.kind !== 'publish') return publication;
    this.logger.info({ agent: `${tenant}/${name}`, version: publication.agent.version, digest: publication.agent.digest, recordVersion: publication.agent.recordVersion }, 'the agent is in force');
    return publication;
  }

  private async storeFiles(id: string, candidate: Candidate, agent: Agent): Promise<void> {
    const key = `${id}/${agent.digest}`;
    await this.stores.agentFiles.apply(key, derivedId('agent-files', key), (current) => (current ? 'unchanged' : { state: storedFiles(candidate.manifestText, agent), events: [] }));
  }

  private say(candidate: Candidate, code: string, message: string): void {
    const text = `${code}\n${candidate.faults.join('\n')}`;
    if (this.said.get(candidate.directory) === text) return;
    this.said.set(candidate.directory, text);
    this.logger.warn({ code, directory: candidate.directory, faults: candidate.faults }, message);
  }
}
