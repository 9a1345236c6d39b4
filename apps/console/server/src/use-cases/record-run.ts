// SPDX-License-Identifier: Apache-2.0
import { RunChanged, topics } from '@nervus/contracts';
import type { Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { ReadModels } from '../adapters/read-models.js';
import { withRun } from '../domain/other-rows.js';
import { tenantOf } from './tenant-of.js';

/** A run went on: keep its newest state. */
@UseCase()
export class RecordRun {
  constructor(private readonly models: ReadModels) {}

  @On(topics.reasoning.runs, RunChanged)
  async handle(event: Received<RunChanged>): Promise<void> {
    const tenant = tenantOf(event);
    await this.models.runs.apply(`${tenant}/${event.data.runId}`, event.id, (current) => {
      const next = withRun(current, tenant, event.data, event.origin.appendedAt);
      return next === 'unchanged' ? next : { state: next, events: [] };
    }, { expectNew: event.data.version === 1 });
  }
}
