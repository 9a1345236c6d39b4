// SPDX-License-Identifier: Apache-2.0
import { firstTime, insideKafkaJs } from './version-guard.js';

interface ConsumerGroup {
  /** Milliseconds since the epoch. */
  lastRequest: number;
}
interface ConsumerGroupClass {
  readonly prototype: { heartbeat: (this: ConsumerGroup, options: { readonly interval: number }) => Promise<void> };
}

/**
 * kafkajs 2.2.4 sends a heartbeat when the wall clock says that the last one is long enough ago. When the clock of the
 * machine is set back, that is not so for as long as it was set back by: the broker gives the member up, whose commits
 * are refused from then on, while it goes on reading. A last heartbeat in the future is therefore one of long ago.
 */
export function heartbeatDespiteClock(): void {
  const { prototype } = insideKafkaJs<ConsumerGroupClass>('consumer/consumerGroup', 'heartbeat-despite-clock.ts');
  if (!firstTime(prototype, 'heartbeat-despite-clock')) return;
  const { heartbeat } = prototype;
  prototype.heartbeat = function heartbeatBySteadyTime(options) {
    if (this.lastRequest > Date.now()) this.lastRequest = 0;
    return heartbeat.call(this, options);
  };
}
