// SPDX-License-Identifier: Apache-2.0
import { IntelligenceProduced, topics } from '@nervus/contracts';
import type { Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { ReadModels } from '../adapters/read-models.js';
import { intelligenceRow } from '../domain/other-rows.js';
import { tenantOf } from './tenant-of.js';

/** An agent concluded something: keep it for readers. */
@UseCase()
export class RecordIntelligence {
  constructor(private readonly models: ReadModels) {}

  @On(topics.reasoning.intelligence, IntelligenceProduced)
  async handle(event: Received<IntelligenceProduced>): Promise<void> {
    const tenant = tenantOf(event);
    await this.models.intelligence.apply(`${tenant}/${event.data.intelligenceId}`, event.id, (current) => (current ? 'unchanged' : { state: intelligenceRow(tenant, event.data, event.origin.appendedAt), events: [] }), { expectNew: true });
  }
}
