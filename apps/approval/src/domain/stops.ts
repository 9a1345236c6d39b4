// SPDX-License-Identifier: Apache-2.0
import type { StopChanged, StopScope } from '@nervus/contracts';

/** A vote to lift a stop; two distinct persons are needed. */
export interface ResumeVote {
  readonly person: string;
  readonly commandId: string;
  readonly at: string;
}

export interface ActiveStop {
  readonly stopId: string;
  readonly tenant: string;
  readonly scope: StopScope;
  readonly epoch: number;
  readonly reason: string;
  readonly by: string;
  readonly at: string;
  readonly votes: readonly ResumeVote[];
}

/**
 * All stops of the installation in one document, so that epochs are given in one order. An epoch is never given twice,
 * and a resume takes one too: permits from before a stop do not come back to life after it.
 */
export interface StopsState {
  readonly epoch: number;
  readonly active: readonly ActiveStop[];
  /** The newest lifted ones, so that a late resume is told so. */
  readonly lifted: readonly { readonly stopId: string; readonly tenant: string }[];
}

export const noStops: StopsState = { epoch: 0, active: [], lifted: [] };
const keptLifted = 500;
const maxActivePerTenant = 1000;

/** What a command to stop or resume comes to. `changed` is published; the code is the answer. */
export interface StopResult {
  readonly state: StopsState;
  readonly changed?: StopChanged;
  readonly code: 'accepted' | 'second_person_needed' | 'not_entitled' | 'unknown_stop' | 'already_lifted' | 'already_voted' | 'too_many_stops';
  readonly detail: string;
}

export interface StopCommand {
  readonly commandId: string;
  readonly tenant: string;
  readonly scope: StopScope;
  readonly reason: string;
  /** `person:<id>`; undefined for an account that the registry does not know. */
  readonly person: string | undefined;
  readonly at: string;
}

/** One person stops. The command's id is the id of the stop. */
export function throwStop(state: StopsState, command: StopCommand): StopResult {
  const { person, tenant } = command;
  if (person === undefined) return { state, code: 'not_entitled', detail: 'This account belongs to no registered person.' };
  // Stopping everything is always possible; only ever finer stops are bounded.
  if (command.scope.kind !== 'all' && state.active.filter((stop) => stop.tenant === tenant).length >= maxActivePerTenant) {
    return { state, code: 'too_many_stops', detail: `${maxActivePerTenant} stops are active: stop everything instead.` };
  }
  const epoch = state.epoch + 1;
  const stop: ActiveStop = { stopId: command.commandId, tenant, scope: command.scope, epoch, reason: command.reason, by: person, at: command.at, votes: [] };
  return {
    state: { ...state, epoch, active: [...state.active, stop] },
    changed: { stopId: stop.stopId, tenant, scope: stop.scope, epoch, active: true, reason: stop.reason, by: [person], at: stop.at, version: 1 },
    code: 'accepted',
    detail: `Stop ${stop.stopId} holds from epoch ${epoch}.`,
  };
}

export interface ResumeCommand {
  readonly commandId: string;
  readonly stopId: string;
  readonly tenant: string;
  readonly reason: string;
  readonly person: string | undefined;
  readonly at: string;
}

/** Two distinct persons resume; the first only leaves a vote. */
export function resumeStop(state: StopsState, command: ResumeCommand): StopResult {
  const { person, stopId, tenant } = command;
  if (person === undefined) return { state, code: 'not_entitled', detail: 'This account belongs to no registered person.' };
  const ours = (stop: { stopId: string; tenant: string }): boolean => stop.stopId === stopId && stop.tenant === tenant;
  const stop = state.active.find(ours);
  if (!stop) return state.lifted.some(ours) ? { state, code: 'already_lifted', detail: 'This stop was lifted before.' } : { state, code: 'unknown_stop', detail: 'There is no such stop.' };
  if (stop.votes.some((vote) => vote.person === person)) return { state, code: 'already_voted', detail: 'Another person must agree to resume.' };
  const votes = [...stop.votes, { person, commandId: command.commandId, at: command.at }];
  if (votes.length < 2) {
    return { state: { ...state, active: state.active.map((one) => (one === stop ? { ...stop, votes } : one)) }, code: 'second_person_needed', detail: 'Noted. A second person must agree to resume.' };
  }
  const epoch = state.epoch + 1;
  return {
    state: { epoch, active: state.active.filter((one) => one !== stop), lifted: [{ stopId, tenant }, ...state.lifted].slice(0, keptLifted) },
    changed: { stopId, tenant, scope: stop.scope, epoch, active: false, reason: command.reason, by: votes.map((vote) => vote.person), at: command.at, version: 2 },
    code: 'accepted',
    detail: `Stop ${stopId} is lifted from epoch ${epoch}.`,
  };
}

/** Signed header `ce_stop`: `<epoch>:<active|lifted>:<scope>`, the scope as `all`, `agent=<name>` or `tool=<name>`. */
export function stopHeader({ epoch, active, scope }: Pick<StopChanged, 'epoch' | 'active' | 'scope'>): string {
  return `${epoch}:${active ? 'active' : 'lifted'}:${scope.kind === 'all' ? 'all' : `${scope.kind}=${scope.name}`}`;
}
