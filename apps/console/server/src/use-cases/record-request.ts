// SPDX-License-Identifier: Apache-2.0
import { RequestChanged, topics } from '@nervus/contracts';
import type { Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { Changes } from '../adapters/changes.js';
import { forgetEndedMs, ReadModels } from '../adapters/read-models.js';
import { requestRow } from '../domain/request-row.js';
import { tenantOf } from './tenant-of.js';

/** A question to people was opened, answered or ended: keep its newest state, whole and as a row of a list. */
@UseCase()
export class RecordRequest {
  constructor(
    private readonly models: ReadModels,
    private readonly changes: Changes,
  ) {}

  @On(topics.approval.requests, RequestChanged)
  async handle(event: Received<RequestChanged>): Promise<void> {
    const tenant = tenantOf(event);
    const { data, origin } = event;
    const row = requestRow(tenant, data, origin.appendedAt);
    const id = `${tenant}/${data.requestId}`;
    const forgetAt = row.state === 'open' ? null : origin.appendedAt + forgetEndedMs;
    // The whole first: what a list names can be opened.
    await this.models.requestRecords.apply(id, event.id, (current) => (current && current.version >= data.version ? 'unchanged' : { state: { tenant, version: data.version, json: JSON.stringify(data), forgetAt }, events: [] }));
    const applied = await this.models.requests.apply(id, event.id, (current) => (current && current.version >= row.version ? 'unchanged' : { state: row, events: [] }));
    if (applied.outcome === 'applied') this.changes.request(row);
  }
}
