// SPDX-License-Identifier: Apache-2.0
import { IntelligenceProduced, ProposalMade, RunChanged } from '@nervus/contracts';
import type { Cause, Decision, OutgoingEvent } from '@nervus/messaging';
import type { Events } from '@nervus/service-kit';
import type { RunChange, RunFact, RunState } from '../domain/run.js';

/**
 * The records that follow from a change of a run. All of them belong to the signal's trace and correlation, whatever
 * caused the change.
 * @param causeId id of the record that caused it; the signal's where it was time
 */
export function outgoing(events: Events, run: RunState, facts: readonly RunFact[], causeId: string = run.cause.id): OutgoingEvent[] {
  const cause: Cause = { ...run.cause, id: causeId, tenant: run.tenant };
  const trace = causeId !== run.cause.id && run.cause.traceparent !== undefined ? { traceparent: run.cause.traceparent } : {};
  return facts.map((fact) => {
    switch (fact.record) {
      case 'run':
        return events.of(RunChanged, { key: run.runId, data: fact.data, cause, purpose: `run:${run.runId}:${fact.data.version}`, ...trace });
      case 'intelligence':
        return events.of(IntelligenceProduced, { key: fact.data.subject, subject: fact.data.subject, data: fact.data, cause, purpose: `intelligence:${fact.data.intelligenceId}`, ...trace });
      case 'proposal':
        return events.of(ProposalMade, { key: run.runId, data: fact.data, cause, purpose: `proposal:${fact.data.action.actionId}`, extensions: { actiondigest: fact.digest }, ...trace });
    }
  });
}

/** What the store writes of a change. */
export const decided = (events: Events, change: RunChange | 'unchanged', causeId?: string): Decision<RunState> =>
  change === 'unchanged' ? 'unchanged' : { state: change.state, events: outgoing(events, change.state, change.facts, causeId) };
