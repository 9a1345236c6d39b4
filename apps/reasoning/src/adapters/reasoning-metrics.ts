// SPDX-License-Identifier: Apache-2.0
import { Metrics } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import type { RunFact, RunState } from '../domain/run.js';

/** Counts of what reasoning did; names of agents and models are labels, ids never are. */
@Injectable()
export class ReasoningMetrics {
  readonly modelCall;
  readonly modelTokens;
  readonly fallbacks;
  readonly invalidAgents;
  readonly runsTakenOver;
  private readonly runs;
  private readonly duration;
  private readonly intelligence;
  private readonly proposals;
  private readonly refusals;

  constructor(metrics: Metrics) {
    this.runs = metrics.counter('runs_total', 'Changes of runs by the state they came to', ['agent', 'state']);
    this.duration = metrics.histogram('run_duration_seconds', 'Seconds from the start of a run to its end, waits included', ['agent']);
    this.intelligence = metrics.counter('intelligence_total', 'Intelligence produced', ['agent', 'kind']);
    this.proposals = metrics.counter('proposals_total', 'Proposals made', ['agent', 'tool']);
    this.refusals = metrics.counter('guardrail_refusals_total', 'Wanted actions and answers that were refused here, by reason', ['agent', 'code']);
    this.modelCall = metrics.histogram('model_call_seconds', 'Seconds that a model took to answer', ['model']);
    this.modelTokens = metrics.counter('model_tokens_total', 'Tokens of models', ['model', 'direction']);
    this.fallbacks = metrics.counter('brain_fallbacks_total', 'Runs that fell back to the rules, by reason', ['agent', 'code']);
    this.invalidAgents = metrics.gauge('agents_invalid', 'Agent directories that cannot be published as they are');
    this.runsTakenOver = metrics.counter('runs_taken_over_total', 'Runs taken over from a process that was silent');
  }

  told(run: RunState, facts: readonly RunFact[], nowMs: number): void {
    const agent = run.agent.name;
    for (const fact of facts) {
      if (fact.record === 'intelligence') this.intelligence.inc({ agent, kind: fact.data.kind });
      else if (fact.record === 'proposal') this.proposals.inc({ agent, tool: `${fact.data.action.tool}.${fact.data.action.operation}` });
    }
    this.runs.inc({ agent, state: run.state });
    if (run.state === 'running' || run.state === 'waiting') return;
    this.duration.observe({ agent }, Math.max(0, nowMs - Date.parse(run.startedAt)) / 1000);
    for (const step of run.steps) if (step.kind === 'refused') this.refused(agent, step.summary.split(':')[0] ?? 'refused');
  }

  refused(agent: string, code: string): void {
    this.refusals.inc({ agent, code });
  }
}
