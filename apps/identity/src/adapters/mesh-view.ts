// SPDX-License-Identifier: Apache-2.0
import { AgentChanged, PolicySetActivated, PulseBeaten, StopChanged } from '@nervus/contracts';
import { Tables } from '@nervus/messaging';
import { ServiceClock } from '@nervus/service-kit';
import { WorkloadDirectory } from '@nervus/trust';
import type { View } from '../domain/credential.js';

/** What identity knows of agents, stops and policies, from compacted topics and pulses. */
export class MeshView {
  private readonly agents = new Map<string, AgentChanged>();
  private readonly stops = new Map<string, StopChanged>();
  private policyVersion: number | undefined;
  private stopEpoch = 0;
  private pulseAt: number | undefined;

  constructor(
    tables: Tables,
    private readonly directory: WorkloadDirectory,
    private readonly clock: ServiceClock,
    private readonly staleAfterMs: number,
  ) {
    tables.on(AgentChanged, (event) => void this.agents.set(event.key, event.data));
    tables.on(StopChanged, (event) => {
      this.stops.set(event.key, event.data);
      this.stopEpoch = Math.max(this.stopEpoch, event.data.epoch);
    });
    tables.on(PolicySetActivated, (event) => void (this.policyVersion = Math.max(this.policyVersion ?? 0, event.data.version)));
    tables.on(PulseBeaten, (event) => void (this.pulseAt = Math.max(this.pulseAt ?? 0, event.origin.appendedAt)));
  }

  /** The view for one permit of one agent. */
  of(tenant: string, agentName: string, permitId: string): View {
    return {
      policyVersion: this.policyVersion,
      stopEpoch: this.stopEpoch,
      stops: [...this.stops.values()],
      agent: this.agents.get(`${tenant}/${agentName}`),
      pulseAgeMs: this.pulseAt === undefined ? undefined : Math.max(0, this.clock.now() - this.pulseAt),
      permitRevoked: this.directory.revocations.revokedAt(`permit:${permitId}`) !== undefined,
      staleAfterMs: this.staleAfterMs,
    };
  }
}
