// SPDX-License-Identifier: Apache-2.0
import { AgentChanged } from '@nervus/contracts';
import { Tables, UnavailableError } from '@nervus/messaging';
import { Injectable } from '@nestjs/common';

/** The agents in force, as reasoning published them. */
@Injectable()
export class AgentsView {
  private readonly agents = new Map<string, AgentChanged>();

  constructor(tables: Tables) {
    tables.on(
      AgentChanged,
      (event) => this.see(event.key, event.data),
      (gone) => this.remove(gone.key),
    );
  }

  /** The record of that agent at this version or a newer one; undefined while it was not seen yet. */
  find(tenant: string, name: string, atLeast: number): AgentChanged | undefined {
    const agent = this.agents.get(`${tenant}/${name}`);
    return agent && agent.recordVersion >= atLeast ? agent : undefined;
  }

  /** @throws UnavailableError while the record was not seen yet: what names it is held, never refused */
  get(tenant: string, name: string, atLeast: number): AgentChanged {
    const agent = this.find(tenant, name, atLeast);
    if (!agent) throw new UnavailableError('agent_not_seen', `record ${atLeast} of agent ${tenant}/${name} has not been seen yet: the proposal waits for it`);
    return agent;
  }

  private see(key: string, agent: AgentChanged): void {
    const known = this.agents.get(key);
    if (!known || agent.recordVersion > known.recordVersion) this.agents.set(key, agent);
  }

  // An agent that is gone is one that may do nothing: its requests are still answered.
  private remove(key: string): void {
    const known = this.agents.get(key);
    if (known) this.agents.set(key, { ...known, enabled: false });
  }
}
