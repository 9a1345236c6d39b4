// SPDX-License-Identifier: Apache-2.0
import { SignalAccepted, topics } from '@nervus/contracts';
import { PermanentError, type Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { Events, ServiceClock } from '@nervus/service-kit';
import { AgentsView } from '../adapters/agents-view.js';
import { ReasoningMetrics } from '../adapters/reasoning-metrics.js';
import { ReasoningStores } from '../adapters/reasoning-stores.js';
import { StopsView } from '../adapters/stops-view.js';
import type { Reading, Trigger } from '../domain/brains/brain.js';
import { concludeRun } from '../domain/conclude-run.js';
import type { LoadedAgent } from '../domain/loaded-agent.js';
import { memoryId, remember, verdictOn } from '../domain/memory.js';
import { type RunChange, runKey } from '../domain/run.js';
import { endedAtStart, type ReceivedSignal, runOf, thoughtOfRules, triggerOf } from '../domain/start-run.js';
import { AskModels } from './ask-models.js';
import { decided } from './outgoing.js';

/**
 * A signal arrived: start a run of each agent that it triggers. The rules conclude at once, and the run with all that
 * follows from it is one write; a model is asked by {@link AskModels} once the run is stored.
 */
@UseCase()
export class StartRun {
  constructor(
    private readonly stores: ReasoningStores,
    private readonly agents: AgentsView,
    private readonly stops: StopsView,
    private readonly models: AskModels,
    private readonly events: Events,
    private readonly clock: ServiceClock,
    private readonly metrics: ReasoningMetrics,
  ) {}

  @On(topics.ingestion.signals, SignalAccepted)
  async handle(event: Received<SignalAccepted>): Promise<void> {
    const { tenant } = event;
    if (tenant === undefined) throw new PermanentError('tenant_missing', 'a signal belongs to a tenant');
    const signal: ReceivedSignal = { id: event.id, tenant, correlationId: event.correlationId, hops: event.hops, ...(event.traceparent !== undefined && { traceparent: event.traceparent }), appendedAt: event.origin.appendedAt, data: event.data };
    await Promise.all(this.agents.triggeredBy(tenant, event.data).map((agent) => this.start(agent, signal)));
  }

  private async start(agent: LoadedAgent, signal: ReceivedSignal): Promise<void> {
    const nowMs = this.clock.now();
    const trigger = triggerOf(signal);
    const stops = this.stops.of(signal.tenant);
    const run = runOf(agent, signal, nowMs);
    const over = endedAtStart(agent, run, signal, stops, nowMs);
    if (over) return this.store(over, signal.id);
    const reading = agent.rules?.read(trigger);
    const verdict = reading && (await this.verdict(agent, trigger, reading));
    if (agent.model) return this.models.begin(run, trigger, verdict);
    if (reading) await this.store(concludeRun(agent, run, trigger, thoughtOfRules(agent, trigger, reading, verdict), stops, nowMs), signal.id);
  }

  private async verdict(agent: LoadedAgent, trigger: Trigger, { memory }: Reading): Promise<unknown> {
    if (!memory) return undefined;
    const { tenant, eventId } = trigger;
    const id = memoryId(tenant, agent.reference.name, memory.key);
    const { state } = await this.stores.memories.apply(id, eventId, (known) => {
      const state = remember(known, memory, trigger);
      return state === known ? 'unchanged' : { state, events: [] };
    });
    return verdictOn(state, memory, eventId);
  }

  /** A run that is there already was begun by an earlier delivery of the same signal: nothing is done twice. */
  private async store(change: RunChange, causeId: string): Promise<void> {
    const { state, facts } = change;
    const { outcome } = await this.stores.runs.apply(runKey(state.tenant, state.runId), causeId, (current) => (current ? 'unchanged' : decided(this.events, change, causeId)), { expectNew: true });
    if (outcome === 'applied') this.metrics.told(state, facts, this.clock.now());
  }
}
