// SPDX-License-Identifier: Apache-2.0
import type { AggregateStore } from '@nervus/messaging';
import { Stores } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import type { ActionChain } from '../domain/action-chain.js';
import type { CommandState } from '../domain/command.js';
import { type DeadLetterRow, letterList } from '../domain/dead-letter-row.js';
import type { FindingRow, IntelligenceRow, ProcessRow, RunRow } from '../domain/other-rows.js';
import { requestList, type RequestRecord, type RequestRow } from '../domain/request-row.js';
import { endOf, type SessionState } from '../domain/session.js';

/** A used login link: what is here cannot be used again. */
export interface UsedLink {
  readonly person: string;
  readonly forgetAt: number;
}

/** Lists that are paged, by collection. */
export const listed = { requests: 'requests', runs: 'runs', intelligence: 'intelligence', findings: 'findings', processes: 'processes', deadLetters: 'dead_letters' } as const;

/** Everything of the installation that no tenant owns stands in this list. */
export const installation = 'installation';

/**
 * What the console keeps: read models, rebuilt from Kafka by starting with an empty database and a group that begins
 * anew, and what belongs to its own door (sessions, used links, commands given).
 */
@Injectable()
export class ReadModels {
  /** By `<tenant>/<request id>`: what lists show. */
  readonly requests: AggregateStore<RequestRow>;
  /** By the same id: the whole. Apart, because thousands of rows are read to show fifty. */
  readonly requestRecords: AggregateStore<RequestRecord>;
  /** By `<tenant>/<action id>`. */
  readonly actions: AggregateStore<ActionChain>;
  /** By `<tenant>/<run id>`. */
  readonly runs: AggregateStore<RunRow>;
  /** By `<tenant>/<intelligence id>`. */
  readonly intelligence: AggregateStore<IntelligenceRow>;
  /** By finding id. */
  readonly findings: AggregateStore<FindingRow>;
  /** By epoch. */
  readonly processes: AggregateStore<ProcessRow>;
  /** By service, partition and offset. */
  readonly deadLetters: AggregateStore<DeadLetterRow>;
  /** By command id. */
  readonly commands: AggregateStore<CommandState>;
  /** By hash of the secret. */
  readonly sessions: AggregateStore<SessionState>;
  /** By hash of the token. */
  readonly usedLinks: AggregateStore<UsedLink>;

  constructor(stores: Stores) {
    this.requests = stores.collection<RequestRow>({ name: listed.requests, indexes: { list: requestList, run: ({ tenant, runId }) => `${tenant}/${runId}` }, expires: (row) => (row.state === 'open' ? undefined : row.at + forgetEndedMs) });
    this.requestRecords = stores.collection({ name: 'request_records', expires: ({ forgetAt }) => forgetAt ?? undefined });
    this.actions = stores.collection({ name: 'actions', indexes: { run: ({ tenant, runId }) => `${tenant}/${runId}` }, expires: ({ forgetAt }) => forgetAt, settled: ({ outcome }) => outcome !== undefined });
    this.runs = stores.collection({ name: listed.runs, indexes: { list: ({ tenant }) => tenant }, expires: ({ forgetAt }) => forgetAt, settled: ({ run }) => run.state !== 'running' && run.state !== 'waiting' });
    this.intelligence = stores.collection({ name: listed.intelligence, indexes: { list: ({ tenant }) => tenant }, expires: ({ forgetAt }) => forgetAt, settled: () => true });
    this.findings = stores.collection({ name: listed.findings, indexes: { list: ({ finding }) => (finding.status === 'open' ? 'open' : 'settled') } });
    this.processes = stores.collection({ name: listed.processes, indexes: { list: () => installation }, expires: ({ forgetAt }) => forgetAt });
    this.deadLetters = stores.collection({ name: listed.deadLetters, indexes: { list: letterList, key: ({ key }) => key }, expires: ({ forgetAt }) => forgetAt });
    this.commands = stores.collection({ name: 'commands', expires: ({ forgetAt }) => forgetAt });
    this.sessions = stores.collection({ name: 'sessions', expires: endOf });
    this.usedLinks = stores.collection({ name: 'used_links', expires: ({ forgetAt }) => forgetAt });
  }
}

/** Milliseconds for which an ended request stays: as long as the streams are kept. */
export const forgetEndedMs = 30 * 24 * 60 * 60_000;
