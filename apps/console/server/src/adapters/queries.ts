// SPDX-License-Identifier: Apache-2.0
import { type AgentChanged, type RequestChanged, services, type SourceChanged, type StopChanged } from '@nervus/contracts';
import { ServiceClock } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import type { ActionChain } from '../domain/action-chain.js';
import type { Page } from '../domain/cursor.js';
import type { Freshness } from '../domain/freshness.js';
import { type DeadLetterRow, type LetterPlace, letterId, listOf } from '../domain/dead-letter-row.js';
import type { FindingRow, IntelligenceRow, ProcessRow, RunRow } from '../domain/other-rows.js';
import { notFound } from '../domain/problem.js';
import { requestList, type RequestRow, type RequestState } from '../domain/request-row.js';
import { type ChainStep, standingOf, type Standing, stepsOf } from '../domain/result-chain.js';
import type { Visitor } from '../domain/session.js';
import { type RunStanding, whyStuck } from '../domain/why-stuck.js';
import { FreshnessView } from './freshness-view.js';
import { Lists } from './lists.js';
import { MeshView } from './mesh-view.js';
import { installation, listed, ReadModels } from './read-models.js';

/** Which part of a list. */
export interface Slice {
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** A request with everything that was published of it. */
export interface WholeRequest {
  readonly row: RequestRow;
  readonly request: RequestChanged;
}

export interface ResultChain {
  readonly standing: Standing;
  readonly steps: readonly ChainStep[];
}

export interface MeshStatus {
  readonly services: readonly { readonly service: string; readonly processes: readonly ProcessRow[] }[];
  readonly pulse: { readonly epoch: number; readonly policyVersion: number; readonly ageMs: number } | null;
  readonly stops: { readonly active: number; readonly epoch: number };
  readonly openRequests: number;
  readonly deadLetters: number;
  readonly openFindings: number;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What a visitor may look at: everything is of the visitor's tenant, what is not there is the same as what is another's. */
@Injectable()
export class Queries {
  constructor(
    private readonly models: ReadModels,
    private readonly lists: Lists,
    private readonly mesh: MeshView,
    private readonly freshnessView: FreshnessView,
    private readonly clock: ServiceClock,
  ) {}

  freshness(): Promise<Freshness> {
    return this.freshnessView.now();
  }

  requests<T>({ tenant }: Visitor, state: RequestState, slice: Slice, show: (row: RequestRow) => T): Promise<Page<T>> {
    return this.lists.page<RequestRow, T>(listed.requests, requestList({ tenant, state }), { ...slice, show });
  }

  /** @throws Problem 404 */
  async request({ tenant }: Visitor, requestId: string): Promise<WholeRequest> {
    if (!uuid.test(requestId)) throw notFound();
    const id = `${tenant}/${requestId}`;
    const [row, record] = await Promise.all([this.models.requests.read(id), this.models.requestRecords.read(id)]);
    if (!row || !record) throw notFound();
    return { row: row.state, request: JSON.parse(record.state.json) as RequestChanged };
  }

  /** Which action a request is about. @throws Problem 404 */
  async requestRow({ tenant }: Visitor, requestId: string): Promise<RequestRow> {
    const row = uuid.test(requestId) ? await this.models.requests.read(`${tenant}/${requestId}`) : undefined;
    if (!row) throw notFound();
    return row.state;
  }

  /** From the question to its result. */
  async chain({ tenant }: Visitor, row: RequestRow): Promise<ResultChain> {
    const found: ActionChain | undefined = (await this.models.actions.read(`${tenant}/${row.actionId}`))?.state;
    return { standing: standingOf(row, found), steps: stepsOf(row, found) };
  }

  /** What a run waits for. @throws Problem 404 */
  async runStanding({ tenant }: Visitor, runId: string): Promise<RunStanding> {
    const key = `${tenant}/${runId}`;
    const row = uuid.test(runId) ? await this.models.runs.read(key) : undefined;
    if (!row) throw notFound();
    const [actions, requests, letters, processes] = await Promise.all([
      this.models.actions.findBy('run', key, 100), this.models.requests.findBy('run', key, 100), this.models.deadLetters.findBy('key', key, 100), this.models.processes.findBy('list', installation, 500),
    ]);
    const now = this.clock.now();
    const pulse = this.mesh.newestPulse;
    return whyStuck({
      run: row.state.run, actions: statesOf(actions), requests: statesOf(requests), letters: statesOf(letters).filter((letter) => letter.tenant === tenant && letter.fate === null), processes: statesOf(processes),
      stops: this.mesh.stopsOf(tenant).filter(({ active }) => active), pulseAgeMs: pulse ? now - pulse.at : null, now,
    });
  }

  intelligence<T>({ tenant }: Visitor, slice: Slice, show: (row: IntelligenceRow) => T): Promise<Page<T>> {
    return this.lists.page<IntelligenceRow, T>(listed.intelligence, tenant, { ...slice, show });
  }

  runs<T>({ tenant }: Visitor, slice: Slice, show: (row: RunRow) => T): Promise<Page<T>> {
    return this.lists.page<RunRow, T>(listed.runs, tenant, { ...slice, show });
  }

  findings<T>(status: 'open' | 'settled', slice: Slice, show: (row: FindingRow) => T): Promise<Page<T>> {
    return this.lists.page<FindingRow, T>(listed.findings, status, { ...slice, show });
  }

  deadLetters<T>({ tenant }: Visitor, state: 'open' | 'handled', slice: Slice, show: (row: DeadLetterRow) => T): Promise<Page<T>> {
    return this.lists.page<DeadLetterRow, T>(listed.deadLetters, listOf(tenant, state), { ...slice, show });
  }

  /** @throws Problem 404 */
  async deadLetter({ tenant }: Visitor, place: LetterPlace): Promise<DeadLetterRow> {
    const found = await this.models.deadLetters.read(letterId(place));
    if (!found || found.state.tenant !== tenant) throw notFound();
    return found.state;
  }

  sources({ tenant }: Visitor): SourceChanged[] {
    return this.mesh.sourcesOf(tenant);
  }

  agents({ tenant }: Visitor): AgentChanged[] {
    return this.mesh.agentsOf(tenant);
  }

  stops({ tenant }: Visitor): StopChanged[] {
    return this.mesh.stopsOf(tenant);
  }

  /** @throws Problem 404 */
  stop({ tenant }: Visitor, stopId: string): StopChanged {
    const stop = this.mesh.stopOf(tenant, stopId);
    if (!stop) throw notFound();
    return stop;
  }

  async status(visitor: Visitor): Promise<MeshStatus> {
    const { tenant } = visitor;
    const [processes, openRequests, deadLetters, openFindings] = await Promise.all([
      this.models.processes.findBy('list', installation, 500),
      this.lists.count(listed.requests, requestList({ tenant, state: 'open' })),
      this.lists.count(listed.deadLetters, listOf(tenant, 'open')),
      this.lists.count(listed.findings, 'open'),
    ]);
    const now = this.clock.now();
    const known = processes.map(({ state }) => state).filter(({ state, forgetAt }) => state !== 'closed' && forgetAt > now);
    const pulse = this.mesh.newestPulse;
    const stops = this.mesh.stopsOf(tenant);
    return {
      services: services.map((service) => ({ service, processes: known.filter((one) => one.service === service).toSorted((a, b) => (a.epoch < b.epoch ? -1 : 1)) })),
      pulse: pulse ? { epoch: pulse.beat.epoch, policyVersion: pulse.beat.policyVersion, ageMs: Math.max(0, now - pulse.at) } : null,
      stops: { active: stops.filter(({ active }) => active).length, epoch: Math.max(0, ...stops.map(({ epoch }) => epoch)) },
      openRequests,
      deadLetters,
      openFindings,
    };
  }
}

const statesOf = <S>(found: readonly { readonly state: S }[]): S[] => found.map(({ state }) => state);
