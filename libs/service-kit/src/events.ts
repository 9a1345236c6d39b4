// SPDX-License-Identifier: Apache-2.0
import type { RecordType } from '@nervus/contracts';
import { eventOf, type NewEvent, type OutgoingEvent, type Publisher, type PublishReceipt } from '@nervus/messaging';
import type { ServiceClock } from './service-clock.js';

/** Makes events, and publishes those that no state goes with. What follows from a change of state goes into its outbox. */
export class Events {
  constructor(
    private readonly publisher: Publisher,
    private readonly clock: ServiceClock,
  ) {}

  /** A valid event, ready for an outbox. @throws PermanentError naming what is wrong with it */
  of<R extends RecordType>(type: R, event: NewEvent<R>): OutgoingEvent {
    return eventOf(type, event, this.clock);
  }

  /** Publishes at once; resolves when Kafka acknowledged all, with the number and the leaf hash of each. */
  publish(events: readonly OutgoingEvent[]): Promise<readonly PublishReceipt[]> {
    return this.publisher.publish(events);
  }
}
