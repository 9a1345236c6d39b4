// SPDX-License-Identifier: Apache-2.0
import { EnrolmentRequested, IdentityRecorded, ownTopics, topics, WorkloadChanged } from '@nervus/contracts';
import type { OutgoingEvent, Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { Events, ServiceClock } from '@nervus/service-kit';
import { EnrolmentPolicy } from '../adapters/enrolment-policy.js';
import { IdentityStores } from '../adapters/stores.js';
import type { EnrolmentVerdict } from '../domain/enrolment.js';
import { consume, introduce } from '../domain/workload.js';

const { CommandAnswered } = ownTopics('identity');
/** A used token is remembered for longer than it could have lived. */
const rememberTokenMs = 10 * 60_000;

/** A process shows a new key and proves where it runs: make the key known, or say why not. */
@UseCase()
export class EnrolWorkload {
  constructor(
    private readonly policy: EnrolmentPolicy,
    private readonly stores: IdentityStores,
    private readonly events: Events,
    private readonly clock: ServiceClock,
  ) {}

  @On(topics.identity.enrolments, EnrolmentRequested)
  async handle(event: Received<EnrolmentRequested>): Promise<void> {
    const verdict = await this.policy.judge(event);
    if (verdict.verdict === 'refused') return this.refuse(event, verdict);

    const { workload, tokenId } = verdict;
    const used = await this.stores.usedTokens.apply(tokenId, event.id, (current) => {
      const state = consume(current, workload.kid, this.clock.now() + rememberTokenMs);
      return state === 'unchanged' ? state : { state, events: [] };
    });
    if (used.state?.kid !== workload.kid) return this.refuse(event, { code: 'token_used', detail: 'This token has enrolled another key already: each token is good for one.' });

    await this.stores.workloads.apply(workload.kid, event.id, (current) => {
      const state = introduce(current, workload, this.policy.keptDays);
      return state === 'unchanged' ? state : { state, events: [this.known(event, state.entry), this.recorded(event, 'granted', workload.spiffeId)] };
    });
  }

  private known(event: Received<EnrolmentRequested>, entry: WorkloadChanged): OutgoingEvent {
    return this.events.of(WorkloadChanged, { key: entry.kid, data: entry, cause: event, purpose: 'workload', subject: entry.service });
  }

  private recorded(event: Received<EnrolmentRequested>, decision: string, subject: string): OutgoingEvent {
    const { data } = event;
    const what = decision === 'granted' ? (data.renewal === undefined ? 'enrolled' : 'renewed') : 'enrolment-refused';
    return this.events.of(IdentityRecorded, { tenant: 'installation', key: data.kid, cause: event, purpose: 'recorded', data: { what, subject, decision, at: this.clock.instant() } });
  }

  /** Twice the same answer to a redelivered enrolment: its ids derive from the enrolment's. */
  private async refuse(event: Received<EnrolmentRequested>, refusal: Pick<Extract<EnrolmentVerdict, { verdict: 'refused' }>, 'code' | 'detail'>): Promise<void> {
    await this.events.publish([
      this.events.of(CommandAnswered, { key: event.id, cause: event, purpose: 'answer', data: { commandId: event.id, code: refusal.code, status: 403, detail: refusal.detail } }),
      this.recorded(event, refusal.code, event.data.service),
    ]);
  }
}
