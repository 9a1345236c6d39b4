// SPDX-License-Identifier: Apache-2.0
import { SourcePauseRequested, topics } from '@nervus/contracts';
import { PermanentError, type Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { AnswerCommand, ServiceClock } from '@nervus/service-kit';
import { sourceKey } from '@nervus/sources';
import { pauseSource, type Verdict } from '../domain/source-state.js';
import { ChangeSource } from './change-source.js';

/** A person has a source take nothing for a while, or go on. */
@UseCase()
export class PauseSource {
  constructor(
    private readonly change: ChangeSource,
    private readonly answers: AnswerCommand,
    private readonly clock: ServiceClock,
  ) {}

  @On(topics.console.commands, SourcePauseRequested)
  async handle(event: Received<SourcePauseRequested>): Promise<void> {
    const { name, paused, reason, by } = event.data;
    const { tenant } = event;
    if (tenant === undefined) throw new PermanentError('tenant_missing', 'a source belongs to a tenant');
    const change = { by: `${by.account.issuer}/${by.account.subject}`, reason, at: this.clock.instant() };
    let verdict: Verdict | undefined;
    await this.change.apply(sourceKey({ tenant, name }), event.id, event, (current) => {
      verdict = pauseSource(current, name, paused, change);
      return verdict.changed;
    });
    const { status, code, detail } = verdict ?? { status: 200, code: 'accepted', detail: `${name} ${paused ? 'is paused' : 'goes on'}.` };
    await this.answers.say(event, status, code, detail);
  }
}
