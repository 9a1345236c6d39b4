// SPDX-License-Identifier: Apache-2.0
import { OutcomeRecorded, topics } from '@nervus/contracts';
import { PermanentError, type Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { onOutcome } from '../domain/continue-run.js';
import { ChangeRun } from './change-run.js';

/** Something came of an action: journal it; the last one ends the run. A returned permit is approval's matter. */
@UseCase()
export class ContinueRunOnOutcome {
  constructor(private readonly runs: ChangeRun) {}

  @On(topics.action.outcomes, OutcomeRecorded)
  async handle(event: Received<OutcomeRecorded>): Promise<void> {
    if (event.tenant === undefined) throw new PermanentError('tenant_missing', 'an outcome belongs to a tenant');
    await this.runs.apply(event.tenant, event.data.runId, event.id, (run, at) => onOutcome(run, event.data, at));
  }
}
