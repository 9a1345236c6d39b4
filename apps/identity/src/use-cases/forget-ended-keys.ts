// SPDX-License-Identifier: Apache-2.0
import { derivedId, topics, WorkloadChanged } from '@nervus/contracts';
import { Events, ServiceClock, Sweeps } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { IdentityStores } from '../adapters/stores.js';

const everyMs = 60 * 60_000;
const atOnce = 200;

/** A key whose records are all gone leaves the table, so that the table does not grow for ever. */
@Injectable()
export class ForgetEndedKeys {
  constructor(
    private readonly stores: IdentityStores,
    private readonly events: Events,
    private readonly clock: ServiceClock,
    sweeps: Sweeps,
  ) {
    sweeps.every('forget-ended-keys', everyMs, () => this.run());
  }

  async run(): Promise<void> {
    const due = await this.stores.workloads.findDue(this.clock.now(), atOnce);
    await Promise.all(
      due.map(({ id: kid }) => {
        const eventId = derivedId('forget', kid);
        return this.stores.workloads.apply(kid, eventId, (current) => {
          if (!current || current.forgotten) return 'unchanged';
          const tombstone = this.events.of(WorkloadChanged, { key: kid, data: null, id: eventId, subject: topics.identity.workloads.stream });
          return { state: { ...current, forgotten: true }, events: [tombstone] };
        });
      }),
    );
  }
}
