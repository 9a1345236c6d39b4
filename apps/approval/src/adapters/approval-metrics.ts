// SPDX-License-Identifier: Apache-2.0
import { Metrics } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import type { Fact } from '../domain/action-state.js';

/** Counts of what approval decided. Reasons are labels, ids never are. */
@Injectable()
export class ApprovalMetrics {
  private readonly decisions;
  private readonly requests;
  private readonly answers;

  constructor(metrics: Metrics) {
    this.decisions = metrics.counter('approval_decisions_total', 'Decisions by result and reason code', ['result', 'code']);
    this.requests = metrics.counter('approval_requests_total', 'Changes of requests to people by state', ['state']);
    this.answers = metrics.counter('approval_answers_total', 'Answers to commands by code', ['code']);
  }

  ruled(facts: readonly Fact[]): void {
    for (const fact of facts) {
      if (fact.kind === 'decision') this.decisions.inc({ result: fact.decided.data.result, code: fact.decided.data.code });
      else this.requests.inc({ state: fact.data.state });
    }
  }

  answered(code: string): void {
    this.answers.inc({ code });
  }
}
