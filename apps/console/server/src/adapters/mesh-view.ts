// SPDX-License-Identifier: Apache-2.0
import { AgentChanged, PolicySetActivated, PulseBeaten, SourceChanged, StopChanged } from '@nervus/contracts';
import { Tables, VersionedTable } from '@nervus/messaging';
import { Injectable } from '@nestjs/common';
import { Changes } from './changes.js';

/** What the console knows from compacted topics and pulses, in memory: small, and complete before it is ready. */
@Injectable()
export class MeshView {
  private readonly agents = new VersionedTable<string, AgentChanged>();
  private readonly stops = new VersionedTable<string, StopChanged>();
  private readonly sources = new VersionedTable<string, SourceChanged>();
  private policy: PolicySetActivated | undefined;
  private pulse: { readonly beat: PulseBeaten; readonly at: number } | undefined;

  constructor(tables: Tables, changes: Changes) {
    tables.on(
      AgentChanged,
      ({ key, data }) => void this.agents.set(key, data.recordVersion, data),
      ({ key }) => void this.agents.delete(key),
    );
    tables.on(
      StopChanged,
      ({ key, data }) => {
        if (this.stops.set(key, data.version, data)) changes.stop(data.tenant, data);
      },
      ({ key }) => void this.stops.delete(key),
    );
    tables.on(
      SourceChanged,
      ({ key, data }) => void this.sources.set(key, data.version, data),
      ({ key }) => void this.sources.delete(key),
    );
    tables.on(PolicySetActivated, ({ data }) => {
      if (data.version > (this.policy?.version ?? 0)) this.policy = data;
    });
    tables.on(PulseBeaten, ({ data, origin }) => {
      if (!this.pulse || origin.appendedAt >= this.pulse.at) this.pulse = { beat: data, at: origin.appendedAt };
    });
  }

  /** Agents of a tenant, by name. */
  agentsOf(tenant: string): AgentChanged[] {
    return [...this.agents.entries()].filter(([key]) => key.startsWith(`${tenant}/`)).map(([, agent]) => agent).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Sources of a tenant that stand, by name. */
  sourcesOf(tenant: string): SourceChanged[] {
    return [...this.sources.entries()].map(([, source]) => source).filter((source) => source.tenant === tenant && source.state === 'standing').toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Stops of a tenant, active ones first, then the newest. */
  stopsOf(tenant: string): StopChanged[] {
    return [...this.stops.entries()].map(([, stop]) => stop).filter((stop) => stop.tenant === tenant).toSorted((a, b) => Number(b.active) - Number(a.active) || b.epoch - a.epoch);
  }

  stopOf(tenant: string, stopId: string): StopChanged | undefined {
    return this.stops.get(`${tenant}/${stopId}`);
  }

  get policySet(): PolicySetActivated | undefined {
    return this.policy;
  }

  /** The newest pulse of approval, with its append time in milliseconds. */
  get newestPulse(): { readonly beat: PulseBeaten; readonly at: number } | undefined {
    return this.pulse;
  }
}
