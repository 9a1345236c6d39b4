// SPDX-License-Identifier: Apache-2.0
import { DecisionMade, ownTopics, RequestChanged } from '@nervus/contracts';
import type { Cause, OutgoingEvent } from '@nervus/messaging';
import type { Events } from '@nervus/service-kit';
import type { ActionState, Fact } from '../domain/action-state.js';
import type { Answer } from '../domain/verdict.js';

const { CommandAnswered } = ownTopics('approval');

/**
 * The records that follow from a change of an action's document. All of them belong to the proposal's trace and
 * correlation, whoever caused the change.
 *
 * @param causeId id of the record that caused the change
 * @param purpose tells apart changes of one cause
 */
export function outgoing(events: Events, { tenant, cause, proposal }: ActionState, facts: readonly Fact[], causeId: string, purpose = ''): OutgoingEvent[] {
  const from: Cause = { ...cause, id: causeId, tenant };
  const trace = causeId !== cause.id && cause.traceparent !== undefined ? { traceparent: cause.traceparent } : {};
  return facts.map((fact) => {
    if (fact.kind === 'request') {
      const { requestId, version } = fact.data;
      return events.of(RequestChanged, { key: requestId, data: fact.data, cause: from, purpose: `${purpose}request:${requestId}:${version}`, ...trace });
    }
    const { data, persons } = fact.decided;
    const extensions = { actiondigest: data.digest, tier: String(data.tier), ...(data.permit === undefined ? {} : { permit: data.permit }), ...(persons === undefined ? {} : { persons }) };
    return events.of(DecisionMade, { key: proposal.action.runId, data, cause: from, purpose: `${purpose}decision:${data.ruling}`, extensions, ...trace });
  });
}

/** What became of a command, for the console and the command line. */
export const answerTo = (events: Events, command: Cause, commandId: string, answer: Answer): OutgoingEvent =>
  events.of(CommandAnswered, { key: commandId, cause: command, purpose: 'answer', data: { commandId, code: answer.code, status: answer.status, detail: answer.detail } });
