// SPDX-License-Identifier: Apache-2.0
import { type DecisionMade, type OutcomeRecorded, physicalName, type ProposalMade, type RequestChanged, type RunChanged, topics } from '@nervus/contracts';
import { readTopics, type StoredRecord } from '../topic-reader.js';

const read = { signals: topics.ingestion.signals, runs: topics.reasoning.runs, intelligence: topics.reasoning.intelligence, proposals: topics.reasoning.proposals, requests: topics.approval.requests, decisions: topics.approval.decisions, outcomes: topics.action.outcomes } as const;
type Read = keyof typeof read;

/** States in which a run goes on by itself. */
const unfinished: ReadonlySet<RunChanged['state']> = new Set(['running', 'waiting']);

/** What the mesh has said so far, counted from its topics; every record by its id, however often it was published. */
export interface MeshCounts {
  readonly signals: number;
  /** Runs, and those that are not over. */
  readonly runs: number;
  readonly openRuns: number;
  readonly intelligence: number;
  readonly proposals: number;
  /** By the last decision of each action. */
  readonly permittedAutomatically: number;
  readonly approvedByPeople: number;
  readonly rejectedByPeople: number;
  readonly refusedByPolicy: number;
  readonly expired: number;
  readonly openRequests: number;
  /** Actions by what came of them. */
  readonly succeeded: number;
  readonly failed: number;
  readonly unknown: number;
  /** Proposals without a last word: no decision yet, or permitted and no outcome. */
  readonly unsettled: number;
}

export async function countMesh(brokers: readonly string[]): Promise<MeshCounts> {
  const names = new Map(Object.entries(read).map(([name, declaration]) => [physicalName(declaration, ''), name as Read]));
  const records: Record<Read, StoredRecord[]> = { signals: [], runs: [], intelligence: [], proposals: [], requests: [], decisions: [], outcomes: [] };
  for (const record of await readTopics(brokers, [...names.keys()])) records[names.get(record.topic)!].push(record);

  const runs = latest(valuesOf<RunChanged>(records.runs), ({ runId }) => runId, ({ version }) => version);
  const requests = latest(valuesOf<RequestChanged>(records.requests), ({ requestId }) => requestId, ({ version }) => version);
  const decisions = latest(valuesOf<DecisionMade>(records.decisions), ({ action }) => action.actionId, ({ ruling }) => ruling);
  // An unknown outcome may be followed by the one that was found out.
  const outcomes = latest(valuesOf<OutcomeRecorded>(records.outcomes).filter(({ result }) => result !== undefined), ({ actionId }) => actionId, ({ result }) => (result === 'unknown' ? 0 : 1));
  const proposed = new Set(valuesOf<ProposalMade>(records.proposals).map(({ action }) => action.actionId));
  const decided = (fits: (decision: DecisionMade) => boolean): number => [...decisions.values()].filter(fits).length;
  const cameTo = (result: OutcomeRecorded['result']): number => [...outcomes.values()].filter((outcome) => outcome.result === result).length;
  return {
    signals: idsOf(records.signals), runs: runs.size, openRuns: [...runs.values()].filter(({ state }) => unfinished.has(state)).length, intelligence: idsOf(records.intelligence), proposals: proposed.size,
    permittedAutomatically: decided(({ result, code }) => result === 'permitted' && code === 'automatic'),
    approvedByPeople: decided(({ result, code }) => result === 'permitted' && code === 'approved'),
    rejectedByPeople: decided(({ result, code }) => result === 'refused' && code === 'rejected'),
    refusedByPolicy: decided(({ result, code }) => result === 'refused' && code !== 'rejected'),
    expired: decided(({ result }) => result === 'expired'),
    openRequests: [...requests.values()].filter(({ state }) => state === 'open').length,
    succeeded: cameTo('succeeded'), failed: cameTo('failed'), unknown: cameTo('unknown'),
    unsettled: [...proposed].filter((actionId) => {
      const decision = decisions.get(actionId);
      return !decision || (decision.result === 'permitted' && !outcomes.has(actionId));
    }).length,
  };
}

const idsOf = (records: readonly StoredRecord[]): number => new Set(records.map(({ headers }) => headers['ce_id'])).size;
const valuesOf = <T>(records: readonly StoredRecord[]): T[] => records.flatMap(({ value }) => (value === null ? [] : [JSON.parse(value.toString('utf8')) as T]));

/** The newest record of each key. */
function latest<T>(all: readonly T[], keyOf: (one: T) => string, rankOf: (one: T) => number): Map<string, T> {
  const newest = new Map<string, T>();
  for (const one of all) {
    const known = newest.get(keyOf(one));
    if (!known || rankOf(one) >= rankOf(known)) newest.set(keyOf(one), one);
  }
  return newest;
}
