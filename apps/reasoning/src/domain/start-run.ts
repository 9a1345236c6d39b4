// SPDX-License-Identifier: Apache-2.0
import type { SignalAccepted } from '@nervus/contracts';
import type { Reading, Trigger } from './brains/brain.js';
import { wantedBy } from './brains/params.js';
import type { Thought } from './conclude-run.js';
import type { LoadedAgent } from './loaded-agent.js';
import { ended, newRun, type RunChange, type RunState, told } from './run.js';
import { stopOfAgent, type StopView } from './stops.js';

/** A signal as it was received. */
export interface ReceivedSignal {
  readonly id: string;
  readonly tenant: string;
  readonly correlationId: string;
  readonly hops: number;
  readonly traceparent?: string;
  readonly appendedAt: number;
  readonly data: SignalAccepted;
}

export const triggerOf = ({ id, tenant, appendedAt, data }: ReceivedSignal): Trigger => ({
  eventId: id, tenant, kind: data.kind, source: data.source, subject: data.subject, type: data.origin.type, content: data.content, labels: data.labels, at: appendedAt, replay: data.replay ?? false,
});

/** The run of a signal at its very beginning. */
export const runOf = (agent: LoadedAgent, signal: ReceivedSignal, nowMs: number): RunState =>
  newRun({
    tenant: signal.tenant,
    agent: agent.reference,
    recordVersion: agent.recordVersion,
    trigger: { eventId: signal.id, kind: signal.data.kind, source: signal.data.source, subject: signal.data.subject },
    cause: { id: signal.id, correlationId: signal.correlationId, hops: signal.hops, ...(signal.traceparent !== undefined && { traceparent: signal.traceparent }) },
    nowMs,
    deadlineMs: agent.budgets.deadline,
    inputHash: signal.data.raw.sha256,
  });

/** Why a run must not think at all: a stop, or a signal that has come too far round. */
export function endedAtStart(agent: LoadedAgent, run: RunState, signal: ReceivedSignal, stops: StopView, nowMs: number): RunChange | undefined {
  const at = new Date(nowMs).toISOString();
  const stop = stopOfAgent(stops, agent.reference.name);
  if (stop) return told(ended(run, 'stopped', at, `stop ${stop.stopId} (epoch ${stop.epoch})`));
  if (signal.hops >= agent.hops) return told(ended(run, 'failed', at, `loop: the signal is ${signal.hops} hops from its first, this agent stops at ${agent.hops}`));
  return undefined;
}

/** What the rules make of a trigger. */
export function thoughtOfRules(agent: LoadedAgent, trigger: Trigger, reading: Reading, verdict: unknown): Thought {
  const conclusion = reading.conclude(verdict);
  return { by: 'rules', conclusion, wanted: 'nothing' in conclusion ? [] : wantedBy(agent.proposals, conclusion, trigger) };
}
