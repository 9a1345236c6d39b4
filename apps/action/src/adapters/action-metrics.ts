// SPDX-License-Identifier: Apache-2.0
import type { Metrics } from '@nervus/service-kit';
import type { Fact } from '../domain/outcome.js';

/** What action counts. Tools and codes are labels, ids never are. */
export class ActionMetrics {
  private readonly effects;
  private readonly effectSeconds;
  private readonly retries;
  private readonly hits;
  private readonly unknown;
  private readonly held;
  private readonly returned;
  private readonly refused;

  /** @param breakers the worst state of the circuit breakers of each tool: 0 closed, 1 trying again, 2 open */
  constructor(metrics: Metrics, breakers: () => ReadonlyMap<string, number>) {
    this.effects = metrics.counter('effects_total', 'Outcomes by tool and result', ['connector', 'result']);
    this.effectSeconds = metrics.histogram('effect_seconds', 'Duration of a call with all its attempts, in seconds', ['connector']);
    this.retries = metrics.counter('effect_retries_total', 'Attempts after the first one of a call', ['connector']);
    this.hits = metrics.counter('idempotency_hits_total', 'Decisions that were delivered again and changed nothing');
    this.unknown = metrics.gauge('effects_unknown', 'Actions of which nobody knows what came');
    this.held = metrics.counter('actions_held_total', 'Actions that were put aside, by reason', ['reason']);
    this.returned = metrics.counter('permits_returned_total', 'Permits that were given back unused, by code', ['code']);
    this.refused = metrics.counter('permits_refused_total', 'Decisions that were not carried out because their permit was not good for them, by code', ['code']);
    metrics.gauge('breaker_state', 'Worst circuit breaker of a tool: 0 closed, 1 trying again, 2 open', ['connector'], (gauge) => {
      for (const [connector, state] of breakers()) gauge.set({ connector }, state);
    });
  }

  published(facts: readonly Fact[]): void {
    for (const fact of facts) {
      if (fact.kind === 'returned') this.returned.inc({ code: fact.data.code });
      else this.effects.inc({ connector: `${fact.data.tool}.${fact.data.operation}`, result: fact.data.result });
    }
  }

  called(connector: string, seconds: number): void {
    this.effectSeconds.observe({ connector }, seconds);
  }

  retried(connector: string): void {
    this.retries.inc({ connector });
  }

  delivered(): void {
    this.hits.inc();
  }

  putAside(reason: string): void {
    this.held.inc({ reason });
  }

  refusedPermit(code: string): void {
    this.refused.inc({ code });
  }

  inDoubt(count: number): void {
    this.unknown.set(count);
  }
}
