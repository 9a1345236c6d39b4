// SPDX-License-Identifier: Apache-2.0
import type { AggregateStore } from '@nervus/messaging';
import { Stores } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import type { PublishedAgent, StoredAgentFiles } from '../domain/publication.js';
import type { MemoryState } from '../domain/memory.js';
import { isOver, type RunState } from '../domain/run.js';

const dayMs = 86_400_000;
const keptDays = 31;
/** A series may come once a month, and a year of silence means that nobody sends it any more. */
const forgottenDays = 400;

/** What reasoning keeps, one collection each. Every id begins with the tenant. */
@Injectable()
export class ReasoningStores {
  /** By tenant and run id. */
  readonly runs: AggregateStore<RunState>;
  /** By tenant, agent and key of the memory. */
  readonly memories: AggregateStore<MemoryState>;
  /** By tenant and agent: what is in force. */
  readonly agents: AggregateStore<PublishedAgent>;
  /** By tenant, agent and digest: its files, so that any process can load it, and a run finds what it began with. */
  readonly agentFiles: AggregateStore<StoredAgentFiles>;

  constructor(stores: Stores) {
    this.runs = stores.collection<RunState>({
      name: 'runs',
      indexes: { held: (run) => (run.held && !isOver(run) ? true : undefined) },
      settled: isOver,
      // A run that thinks is looked at when its lease ends, one that waits at its deadline; a held one by its index.
      // Kept for as long as a signal or an outcome of it can be read again.
      expires: (run) => (isOver(run) ? run.deadlineAt + keptDays * dayMs : undefined),
      deadline: (run) => (isOver(run) || run.held ? undefined : run.state === 'running' ? (run.lease?.until ?? run.deadlineAt) : run.deadlineAt),
    });
    this.memories = stores.collection<MemoryState>({ name: 'memories', expires: ({ at }) => at + forgottenDays * dayMs });
    this.agents = stores.collection<PublishedAgent>({ name: 'agents' });
    this.agentFiles = stores.collection<StoredAgentFiles>({ name: 'agent_files' });
  }
}
