// SPDX-License-Identifier: Apache-2.0
import { type DataOf, ownTopics, type ServiceName, services } from '@nervus/contracts';
import type { Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import type { Type } from '@nestjs/common';
import { ReadModels } from '../adapters/read-models.js';
import { withHeartbeat } from '../domain/other-rows.js';
import { placeOf } from '../domain/place.js';

type HeartbeatBeaten = DataOf<ReturnType<typeof ownTopics>['HeartbeatBeaten']>;

/** A process said that it lives. Every service has a heartbeat topic and type of its own, so there is one handler for each. */
export const recordHeartbeats: readonly Type[] = services.map(recordHeartbeatOf);

function recordHeartbeatOf(service: ServiceName): Type {
  const { heartbeats, HeartbeatBeaten: type } = ownTopics(service);

  @UseCase()
  class RecordHeartbeat {
    constructor(private readonly models: ReadModels) {}

    @On(heartbeats, type)
    async handle(event: Received<HeartbeatBeaten>): Promise<void> {
      await this.models.processes.apply(event.data.epoch, event.id, (current) => {
        const next = withHeartbeat(current, service, event.data, placeOf(event));
        return next === 'unchanged' ? next : { state: next, events: [] };
      });
    }
  }
  // Nest tells classes apart by name in its logs and its registry.
  Object.defineProperty(RecordHeartbeat, 'name', { value: `RecordHeartbeatOf_${service}` });
  return RecordHeartbeat;
}
