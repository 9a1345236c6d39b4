// SPDX-License-Identifier: Apache-2.0
import { FindingRaised, topics } from '@nervus/contracts';
import type { Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { ReadModels } from '../adapters/read-models.js';
import { withFinding } from '../domain/other-rows.js';
import { placeOf } from '../domain/place.js';

/** audit found something that should not be, or that it was mended. */
@UseCase()
export class RecordFinding {
  constructor(private readonly models: ReadModels) {}

  @On(topics.audit.findings, FindingRaised)
  async handle(event: Received<FindingRaised>): Promise<void> {
    await this.models.findings.apply(event.data.findingId, event.id, (current) => {
      const next = withFinding(current, event.data, placeOf(event));
      return next === 'unchanged' ? next : { state: next, events: [] };
    });
  }
}
