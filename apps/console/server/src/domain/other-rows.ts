// SPDX-License-Identifier: Apache-2.0
import type { FindingRaised, IntelligenceProduced, RunChanged } from '@nervus/contracts';
import { keptMs } from './action-chain.js';
import { isNewer, type Place } from './place.js';

/** A run as it was published last. */
export interface RunRow {
  readonly tenant: string;
  readonly version: number;
  readonly run: RunChanged;
  readonly sort: number;
  readonly forgetAt: number;
}

/** Runs carry a version that grows: a lower one is old news. */
export function withRun(current: RunRow | undefined, tenant: string, run: RunChanged, at: number): RunRow | 'unchanged' {
  if (current && current.version >= run.version) return 'unchanged';
  return { tenant, version: run.version, run, sort: -Date.parse(run.startedAt), forgetAt: at + keptMs };
}

/** One conclusion; it never changes. `json` is its data, since agents name the members. */
export interface IntelligenceRow {
  readonly tenant: string;
  readonly intelligence: Omit<IntelligenceProduced, 'data'>;
  readonly json: string;
  /** Milliseconds at which it was appended. */
  readonly at: number;
  readonly sort: number;
  readonly forgetAt: number;
}

export function intelligenceRow(tenant: string, { data, ...intelligence }: IntelligenceProduced, at: number): IntelligenceRow {
  return { tenant, intelligence, json: JSON.stringify(data ?? null), at, sort: -at, forgetAt: at + keptMs };
}

/** A finding of audit in its newest status. */
export interface FindingRow {
  readonly finding: FindingRaised;
  readonly place: Place;
  readonly sort: number;
}

export function withFinding(current: FindingRow | undefined, finding: FindingRaised, place: Place): FindingRow | 'unchanged' {
  return isNewer(place, current?.place) ? { finding, place, sort: -Date.parse(finding.at) } : 'unchanged';
}

/** A process of the mesh, as its last heartbeat said. */
export interface ProcessRow {
  readonly service: string;
  readonly epoch: string;
  readonly state: 'opened' | 'beating' | 'closed';
  readonly at: string;
  readonly stopEpoch: number;
  readonly place: Place;
  readonly forgetAt: number;
}

/** Milliseconds after which a process that says nothing is forgotten: heartbeats come every minute. */
const processKeptMs = 60 * 60_000;

export function withHeartbeat(current: ProcessRow | undefined, service: string, beat: { readonly epoch: string; readonly state: ProcessRow['state']; readonly at: string; readonly stopEpoch: number }, place: Place): ProcessRow | 'unchanged' {
  if (!isNewer(place, current?.place)) return 'unchanged';
  return { service, epoch: beat.epoch, state: beat.state, at: beat.at, stopEpoch: beat.stopEpoch, place, forgetAt: place.at + processKeptMs };
}
